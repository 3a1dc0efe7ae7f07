import { computed, nextTick, ref, shallowRef, watch } from 'vue'
import type { Decision } from '../../../shared/prediction.ts'
import { useField } from '../../stores/field.ts'
import type FieldColumn from './FieldColumn.vue'
import { firstPlace, stepPlace, type Place } from './field-words.ts'

/** The photo in hand, and how the keys move from one to the next. */
export function usePlace() {
  const field = useField()

  const columns = shallowRef(new Map<Decision, InstanceType<typeof FieldColumn>>())
  const setColumn = (decision: Decision, column: unknown) => {
    if (column === null) columns.value.delete(decision)
    else columns.value.set(decision, column as InstanceType<typeof FieldColumn>)
  }
  const place = ref<Place | null>(null)
  const photo = computed(() =>
    place.value === null ? null : (field.columns[place.value.decision].get(place.value.index) ?? null),
  )
  watch(
    () => field.session?.id,
    () => (place.value = null),
  )
  watch(
    () => field.session?.counts,
    (counts) => {
      if (counts !== undefined && place.value === null) place.value = firstPlace(counts)
    },
    { immediate: true },
  )
  const goTo = (to: Place) => {
    place.value = to
    void nextTick(() => columns.value.get(to.decision)?.focus())
  }
  const step = (by: number) => {
    if (field.session !== null && place.value !== null) goTo(stepPlace(place.value, by, field.session.counts))
  }
  const row = (by: 1 | -1) => {
    const rowLength = place.value === null ? 1 : (columns.value.get(place.value.decision)?.perRow ?? 1)
    // A column of one photo a row crosses over at its end as well, which is what one step does.
    step(by * rowLength)
  }

  const nextUnsure = (by: 1 | -1) => {
    const unsure = field.session?.counts.unsure ?? 0
    if (unsure === 0) return
    const from = place.value?.decision === 'unsure' ? place.value.index + by : 0
    goTo({ decision: 'unsure', index: (from + unsure) % unsure })
  }

  return { place, photo, setColumn, goTo, step, row, nextUnsure }
}
