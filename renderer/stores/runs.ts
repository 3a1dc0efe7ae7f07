import { defineStore } from 'pinia'
import { computed, shallowReactive, shallowRef, watch } from 'vue'
import type { ErrorValue } from '../../shared/errors.ts'
import type { Split } from '../../shared/project.ts'
import type { RunComparison, RunDetails, RunOverview } from '../../shared/run.ts'
import type { EpochMetrics, TrainProgress } from '../../shared/training.ts'
import { saveText } from '../composables/save-text.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { counted } from '../format.ts'
import { useConnection } from './connection.ts'
import { usePhotos } from './photos.ts'
import { useProject } from './project.ts'
import { useToasts } from './toasts.ts'

/** Photos per split that were corrected since a run was trained. */
export type Corrected = Record<Split, number>

/** Milliseconds in which changes of many runs, or of many labels, are asked for once. */
const patience = 250

function soon(work: () => unknown): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  return () => {
    clearTimeout(timer)
    timer = setTimeout(work, patience)
  }
}

/** The runs of the project side by side: their figures, which are selected, and what is known of those. */
export const useRuns = defineStore('runs', () => {
  const project = useProject()
  const toasts = useToasts()

  const runs = shallowRef<readonly RunOverview[] | null>(null)
  const error = shallowRef<ErrorValue | null>(null)
  const corrected = shallowRef<ReadonlyMap<string, Corrected>>(new Map())
  /** Metrics of every epoch, of the runs that somebody asked for. */
  const histories = shallowReactive(new Map<string, readonly EpochMetrics[]>())
  /** In the order in which they were selected: the first is A. Every chart shows these. */
  const selected = shallowRef<readonly string[]>([])
  const split = shallowRef<Split>('validation')
  const comparison = shallowRef<RunComparison | null>(null)
  const details = shallowRef<RunDetails | null>(null)
  /** Why there is no comparison, or no details. */
  const selectionError = shallowRef<ErrorValue | null>(null)
  /** Seconds left of the run that is training. */
  const left = shallowReactive(new Map<string, number | null>())

  const byId = computed(() => new Map((runs.value ?? []).map((run) => [run.id, run])))
  const chosen = computed(() => selected.value.flatMap((id) => byId.value.get(id) ?? []))

  const fetchCorrected = async () => {
    try {
      const found = await fleuron().runs.corrected()
      corrected.value = new Map(found.map(({ run, photos }) => [run, photos]))
    } catch (failure) {
      toasts.failed(errorValue(failure))
    }
  }

  const fetchAnew = async () => {
    try {
      runs.value = await fleuron().runs.list()
      error.value = null
      selected.value = selected.value.filter((id) => byId.value.has(id))
    } catch (failure) {
      error.value = errorValue(failure)
      return
    }
    await fetchCorrected()
  }

  let asked: string[] = []
  /** Fetches the metrics of these runs that are not here yet; many wishes of one moment are one call. */
  const want = (ids: readonly string[]) => {
    const missing = ids.filter((id) => !histories.has(id) && !asked.includes(id))
    if (missing.length === 0) return
    if (asked.length === 0) queueMicrotask(() => void fetchHistories())
    asked.push(...missing)
  }
  const fetchHistories = async () => {
    const ids = asked.slice(0, 1000)
    try {
      for (const { run, history } of await fleuron().runs.histories({ runs: ids })) histories.set(run, history)
    } catch (failure) {
      toasts.failed(errorValue(failure))
    } finally {
      asked = []
    }
  }

  let selections = 0
  /** What the right pane shows: one run whole, or two compared. */
  const fetchSelection = async () => {
    const call = ++selections
    const [first, second, third] = selected.value
    if (first === undefined || third !== undefined) return
    try {
      const answer =
        second === undefined
          ? { details: await fleuron().runs.details({ run: first }), comparison: null }
          : { details: null, comparison: await fleuron().runs.compare({ first, second, split: split.value }) }
      if (call !== selections) return
      details.value = answer.details
      comparison.value = answer.comparison
      selectionError.value = null
    } catch (failure) {
      if (call === selections) selectionError.value = errorValue(failure)
    }
  }

  watch([selected, split], () => {
    comparison.value = null
    details.value = null
    selectionError.value = null
    want(selected.value)
    void fetchSelection()
  })

  const annotate = (run: string, change: { tags?: string[]; notes?: string }) =>
    toasts.attempt(() => fleuron().runs.annotate({ run, ...change }))

  /** Puts runs away, or takes them back; either can be undone. */
  const archive = async (ids: readonly string[], archived: boolean) => {
    const list = [...ids]
    if (!(await toasts.attempt(() => fleuron().runs.archive({ runs: list, archived })))) return
    if (archived) selected.value = selected.value.filter((id) => !list.includes(id))
    toasts.done(`${counted(list.length, 'run')} ${archived ? 'put into the archive' : 'taken out of the archive'}`, {
      action: { label: 'Undo', run: () => void archive(list, !archived) },
    })
  }

  /** Makes the report on these runs and hands it over as a file. */
  const report = (ids: readonly string[]) =>
    toasts.attempt(async () => {
      const { name, html } = await fleuron().runs.report({ runs: [...ids] })
      saveText(name, html, 'text/html')
      toasts.done(`${name} was saved to your downloads.`)
    })

  const merge = (changed: readonly RunOverview[]) => {
    const news = new Map(changed.map((run) => [run.id, run]))
    runs.value = (runs.value ?? []).map((run) => news.get(run.id) ?? run)
    if (details.value !== null && news.has(details.value.record.id)) void fetchSelection()
  }

  /** An epoch has ended: the row and the curves of its run grow. */
  const progressed = ({ run: id, completed, bestEpoch, etaSeconds }: TrainProgress) => {
    left.set(id, etaSeconds)
    const run = byId.value.get(id)
    if (completed === null || run === undefined) return
    const known = histories.get(id)
    if (known !== undefined) histories.set(id, [...known.filter(({ epoch }) => epoch < completed.epoch), completed])
    const best = completed.epoch === bestEpoch
    merge([
      {
        ...run,
        epochs: completed.epoch,
        bestEpoch,
        ...(best ? { best: completed, validationAccuracy: completed.validationAccuracy } : {}),
        ...(best ? { validationLoss: completed.validationLoss } : {}),
      },
    ])
  }

  const fetchSoon = soon(() => runs.value !== null && void fetchAnew())
  const labelsSoon = soon(() => {
    if (runs.value === null) return
    void fetchCorrected()
    void fetchSelection()
  })

  fleuron().runs.onChanged(merge)
  fleuron().training.onProgress(progressed)
  fleuron().training.onChanged(({ id, state }) => {
    if (state !== 'running') left.delete(id)
    fetchSoon()
  })
  usePhotos().onChanged(labelsSoon)
  useConnection().onReopened(() => runs.value !== null && void fetchAnew())
  watch(
    () => project.project?.id,
    () => {
      runs.value = null
      error.value = null
      corrected.value = new Map()
      histories.clear()
      left.clear()
      selected.value = []
    },
  )

  return {
    runs,
    error,
    corrected,
    histories,
    selected,
    chosen,
    split,
    comparison,
    details,
    selectionError,
    left,
    byId,
    fetchAnew,
    fetchSelection,
    want,
    annotate,
    archive,
    report,
  }
})
