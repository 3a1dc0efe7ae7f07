import { computed, onMounted, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Split } from '../../../shared/project.ts'
import { count } from '../../format.ts'
import { errorValue } from '../../fleuron.ts'
import { useReview } from '../../stores/review.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useRunRecords } from '../../stores/run-records.ts'
import { useTraining } from '../../stores/training.ts'

/** Which run is looked at, and on which photos: the address says it. `onShown` is called when its evaluation is there. */
export function useReviewedRun({ onShown }: { onShown: () => void }) {
  const route = useRoute()
  const router = useRouter()
  const training = useTraining()
  const review = useReview()
  const known = useRunRecords()
  const toasts = useToasts()

  const named = computed(() => (typeof route.query.run === 'string' ? route.query.run : null))
  const run = computed(() => training.models.find((each) => each.id === named.value) ?? training.models[0] ?? null)
  const runOptions = computed(() =>
    training.models.map((each) => ({
      value: each.id,
      label: `${training.modelName(each)} · run ${each.number}`,
    })),
  )
  const split = computed<Split>(() => (route.query.split === 'test' ? 'test' : 'validation'))
  const record = computed(() => (run.value === null ? undefined : known.records.get(run.value.id)))
  const splitOptions = computed(() =>
    (['validation', 'test'] as const).map((value) => {
      const photosOf = record.value?.photos[value]
      const name = value === 'validation' ? 'Validation' : 'Test'
      return { value, label: photosOf === undefined ? name : `${name} ${count(photosOf)}` }
    }),
  )

  const load = async () => {
    const wanted = run.value
    if (wanted === null) return
    await review.show(wanted.id, split.value)
    onShown()
    try {
      if (!known.records.has(wanted.id)) await known.fetch(wanted.id)
    } catch (error) {
      toasts.failed(errorValue(error))
    }
  }
  onMounted(() => void training.fetchAnew())
  watch([() => run.value?.id, split, () => route.name], () => route.name === 'review' && void load(), {
    immediate: true,
  })

  const asking = ref(false)
  const address = (change: { run?: string; split?: string }) => router.replace({ query: { ...route.query, ...change } })
  const chooseSplit = (value: Split) => {
    if (value === 'test' && run.value !== null && !review.testAgreed.has(run.value.id)) asking.value = true
    else void address({ split: value })
  }
  const agree = () => {
    if (run.value !== null) review.testAgreed.add(run.value.id)
    asking.value = false
    void address({ split: 'test' })
  }

  return { run, runOptions, split, splitOptions, record, asking, address, chooseSplit, agree, load }
}
