import { computed, ref, watch, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { PhotoFilter, PhotoOrder } from '../../../shared/photo.ts'
import { useProject } from '../../stores/project.ts'
import { fromQuery, toQuery } from './filter-query.ts'

/** The filter and the order of the address. A change is a step that Back undoes; typing on in a text is one step. */
export function useAddress(): {
  filter: WritableComputedRef<PhotoFilter>
  order: WritableComputedRef<PhotoOrder>
  setText: (text: string) => void
} {
  const route = useRoute()
  const router = useRouter()
  const project = useProject()

  const asked = ref(fromQuery(route.query))
  // Compared as text: the same filter once more is no change.
  const address = computed(() => (route.name === 'photos' ? JSON.stringify(fromQuery(route.query)) : null))
  watch(address, (text) => {
    if (text !== null) asked.value = fromQuery(route.query)
  })

  const filter = computed({
    get: () => asked.value.filter,
    set: (value: PhotoFilter) => void router.push({ query: toQuery(value, asked.value.order) }),
  })
  const order = computed({
    get: () => asked.value.order,
    set: (value: PhotoOrder) => void router.push({ query: toQuery(asked.value.filter, value) }),
  })
  const replace = (value: PhotoFilter) => void router.replace({ query: toQuery(value, asked.value.order) })

  const setText = (text: string) => {
    const { text: before, ...rest } = asked.value.filter
    if (text !== (before ?? '')) replace(text === '' ? rest : { ...rest, text })
  }

  // A class that was merged or removed is no filter any more.
  watch(
    () => project.classes,
    () => {
      const { classId, ...rest } = asked.value.filter
      if (classId !== undefined && classId !== 'none' && !project.classById(classId)) replace(rest)
    },
  )

  return { filter, order, setText }
}
