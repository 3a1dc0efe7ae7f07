import { computed, onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import type { ErrorValue } from '../../../shared/errors.ts'
import type { PhotoFilter, PhotoOrder } from '../../../shared/photo.ts'
import { errorValue, fleuron } from '../../fleuron.ts'
import { usePhotos } from '../../stores/photos.ts'
import { useToasts } from '../../stores/toasts.ts'
import { matches } from './filter-query.ts'
import { mergeList } from './merge-list.ts'

export const pageSize = 200
/** During an import 'all' arrives often; the list is asked for at most this often. */
const calm = 1200

/**
 * The photos that the filter lets through, in order: a list of ids that stays as it is while the user labels, and the
 * photos behind it in pages, fetched when they come into sight.
 */
export function usePhotoList(filter: Ref<PhotoFilter>, order: Ref<PhotoOrder>) {
  const photos = usePhotos()
  const toasts = useToasts()
  const ids = shallowRef<readonly string[]>([])
  /** May be ahead of `ids` while the list is on its way. */
  const total = ref(0)
  const loading = ref(true)
  const error = shallowRef<ErrorValue | null>(null)
  /** Changed by the user since the filter was set. */
  const touched = shallowRef<ReadonlySet<string>>(new Set())

  const indexes = computed(() => new Map(ids.value.map((id, index) => [id, index])))
  const indexOf = (id: string): number | undefined => indexes.value.get(id)

  /** Touched photos that no longer fit; they are on the screen until the user moves on. */
  const leaving = computed(() => {
    let number = 0
    for (const id of touched.value) {
      const photo = photos.get(id)
      if (photo && indexes.value.has(id) && !matches(photo, filter.value)) number += 1
    }
    return number
  })

  let generation = 0

  /** Asks for the first page, which is quick, then for the whole list. */
  const load = async () => {
    const mine = ++generation
    const query = { filter: { ...filter.value }, order: order.value }
    touched.value = new Set()
    loading.value = true
    error.value = null
    try {
      const first = await fleuron().photos.page({ ...query, offset: 0, limit: pageSize })
      if (mine !== generation) return
      photos.keep(first.photos)
      ids.value = first.photos.map((photo) => photo.id)
      total.value = first.total
      if (first.total > first.photos.length) {
        const all = await fleuron().photos.ids(query)
        if (mine !== generation) return
        // A key may have been pressed since the first page came.
        ids.value = mergeList(ids.value, all, touched.value)
        total.value = ids.value.length
      }
    } catch (failure) {
      if (mine === generation) error.value = errorValue(failure)
    } finally {
      if (mine === generation) loading.value = false
    }
  }

  /** Asks again behind the user's back: what came is put in, what the user changed stays. */
  const refresh = async () => {
    const mine = ++generation
    try {
      const fresh = await fleuron().photos.ids({ filter: { ...filter.value }, order: order.value })
      if (mine !== generation) return
      ids.value = mergeList(ids.value, fresh, touched.value)
      total.value = ids.value.length
      error.value = null
    } catch (failure) {
      if (mine === generation) toasts.failed(errorValue(failure))
    } finally {
      if (mine === generation) loading.value = false
    }
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  let lastRefresh = 0
  const refreshSoon = () => {
    clearTimeout(timer)
    timer = setTimeout(
      () => {
        lastRefresh = Date.now()
        void refresh().then(needAgain)
      },
      Math.max(60, lastRefresh + calm - Date.now()),
    )
  }

  let sight: [number, number] = [0, 0]
  const needAgain = () => need(...sight)

  /** Photos with these places in the list, the last included, are in sight. */
  const need = async (first: number, last: number): Promise<void> => {
    sight = [first, last]
    const from = Math.floor(first / pageSize) * pageSize
    const to = (Math.floor(last / pageSize) + 1) * pageSize
    try {
      await photos.ensure(ids.value.slice(from, to))
    } catch (failure) {
      toasts.failed(errorValue(failure), { label: 'Try again', run: () => void needAgain() })
    }
  }

  const touch = (changed: Iterable<string>) => {
    touched.value = new Set([...touched.value, ...changed])
  }

  const stop = photos.onChanged((changed) => {
    if (changed === 'all') return refreshSoon()
    touch(changed.filter((id) => indexes.value.has(id)))
    // A photo that is not in the list may belong there now.
    if (changed.some((id) => !indexes.value.has(id))) refreshSoon()
  })
  onBeforeUnmount(() => {
    stop()
    clearTimeout(timer)
    generation += 1
  })

  watch([filter, order], () => void load(), { immediate: true })

  return { ids, total, loading, error, leaving, indexOf, load, need, touch }
}

export type PhotoList = ReturnType<typeof usePhotoList>
