import { defineStore } from 'pinia'
import { computed, shallowReactive, shallowRef, watch } from 'vue'
import type { ErrorValue } from '../../shared/errors.ts'
import {
  trainSettings,
  isResumable,
  type ModelOption,
  type RunSummary,
  type TrainPlan,
  type TrainSettings,
  type TrainingChoices,
} from '../../shared/training.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { askForNotices } from '../notices.ts'
import { useConnection } from './connection.ts'
import { useProject } from './project.ts'
import { useQueue } from './queue.ts'
import { useRunRecords } from './run-records.ts'
import { useSettings } from './settings.ts'
import { useTasks } from './tasks.ts'
import { useToasts } from './toasts.ts'

/** Names a card of the Train screen. */
export const optionKey = (option: Pick<ModelOption, 'model' | 'mode'>): string => `${option.model}/${option.mode}`

/** The choice of a model, its settings, what they would cost, and the runs of the open project. */
export const useTraining = defineStore('training', () => {
  const project = useProject()
  const queue = useQueue()
  const records = useRunRecords()
  const toasts = useToasts()
  const tasks = useTasks()
  const appSettings = useSettings()

  const options = shallowRef<readonly ModelOption[] | null>(null)
  /** What optimisers, schedules … there are. */
  const choices = shallowRef<TrainingChoices | null>(null)
  const error = shallowRef<ErrorValue | null>(null)
  const chosen = shallowRef<string | null>(null)
  /** Settings that the user changed, by card. */
  const edits = shallowReactive(new Map<string, TrainSettings>())
  /** The run that is to be trained again with changes. */
  const original = shallowRef<{ run: number; settings: TrainSettings } | null>(null)
  const plan = shallowRef<TrainPlan | null>(null)
  /** Why there is no plan. */
  const planError = shallowRef<ErrorValue | null>(null)
  /** Seconds that each card's defaults would take, null where nothing was measured. */
  const estimates = shallowReactive(new Map<string, number | null>())
  const starting = shallowRef(false)

  const runs = shallowRef<readonly RunSummary[] | null>(null)
  const runsError = shallowRef<ErrorValue | null>(null)

  const option = computed(() => options.value?.find((each) => optionKey(each) === chosen.value) ?? null)
  const settings = computed<TrainSettings | null>(() =>
    option.value === null ? null : (edits.get(optionKey(option.value)) ?? option.value.defaults),
  )
  const changed = computed(() => option.value !== null && edits.has(optionKey(option.value)))
  const running = computed(() => runs.value?.find((run) => run.state === 'running') ?? null)
  /** The latest run that can be taken up where it was left. */
  const unfinished = computed(
    () => (runs.value ?? []).filter(isResumable).sort((a, b) => b.number - a.number)[0] ?? null,
  )
  /** Runs with a model, latest first. */
  const models = computed(() => (runs.value ?? []).filter((run) => run.hasModel).sort((a, b) => b.number - a.number))

  /** "ViT-Tiny, frozen backbone". */
  const modelName = (run: Pick<RunSummary, 'model' | 'mode'>): string => {
    const found = options.value?.find((each) => optionKey(each) === optionKey(run))
    return found === undefined ? run.model : `${found.title}, ${found.subtitle}`
  }

  /** What the registries call what these settings have chosen from them. */
  const labelsOf = (wanted: TrainSettings): Record<keyof TrainingChoices, string> => {
    const label = (which: keyof TrainingChoices) =>
      choices.value?.[which].find(({ name }) => name === wanted[which])?.label ?? wanted[which]
    return {
      optimizer: label('optimizer'),
      schedule: label('schedule'),
      loss: label('loss'),
      classWeights: label('classWeights'),
      monitor: label('monitor'),
    }
  }

  let planAsked = 0
  let planTimer: ReturnType<typeof setTimeout> | undefined

  const fetchPlan = async () => {
    const asked = ++planAsked
    const wanted = settings.value
    if (wanted === null || !trainSettings.safeParse(wanted).success) return
    try {
      const answer = await fleuron().training.plan({ settings: wanted })
      if (asked !== planAsked) return
      plan.value = answer
      planError.value = null
      if (option.value !== null && !changed.value) estimates.set(optionKey(option.value), answer.seconds)
    } catch (failure) {
      if (asked !== planAsked) return
      plan.value = null
      planError.value = errorValue(failure)
    }
  }

  /** Soon, and once for many changes in a row. */
  const planSoon = () => {
    clearTimeout(planTimer)
    planTimer = setTimeout(() => void fetchPlan(), 150)
  }

  const fetchEstimates = async () => {
    // Measuring all models would keep the computer busy for minutes.
    for (const each of (options.value ?? []).filter(({ featured }) => featured)) {
      try {
        estimates.set(optionKey(each), (await fleuron().training.plan({ settings: each.defaults })).seconds)
      } catch {
        // Why it cannot be planned is said beside the button once the card is chosen.
        estimates.set(optionKey(each), null)
      }
    }
  }

  const fetchOptions = async () => {
    try {
      const [list, registries] = await Promise.all([fleuron().training.options(), fleuron().training.choices()])
      choices.value = registries
      options.value = list
      error.value = null
      if (!list.some((each) => optionKey(each) === chosen.value)) {
        const first = list.find((each) => each.recommended) ?? list[0]
        chosen.value = first === undefined ? null : optionKey(first)
      }
    } catch (failure) {
      error.value = errorValue(failure)
    }
  }

  const fetchRuns = async () => {
    try {
      runs.value = await fleuron().training.runs()
      runsError.value = null
      if (running.value !== null) await records.fetch(running.value.id)
    } catch (failure) {
      runsError.value = errorValue(failure)
    }
  }

  const fetchAnew = async () => {
    await Promise.all([fetchOptions(), fetchRuns()])
  }

  const choose = (key: string) => {
    chosen.value = key
    plan.value = null
  }

  const update = (change: Partial<TrainSettings>) => {
    const key = chosen.value
    if (key === null || settings.value === null) return
    edits.set(key, { ...settings.value, ...change })
  }

  /** Chooses the card that the settings of a run belong to, changed to them: what a clone begins with. */
  const take = (run: number, wanted: TrainSettings) => {
    choose(optionKey(wanted))
    edits.set(optionKey(wanted), wanted)
    original.value = { run, settings: wanted }
  }

  const reset = () => {
    original.value = null
    if (chosen.value !== null) edits.delete(chosen.value)
  }

  /** Answers the run; null when it waits until training is free, or did not start: what became of it was said. */
  const start = async (wanted: TrainSettings): Promise<string | null> => {
    if (starting.value) return null
    starting.value = true
    if (appSettings.settings.notify) void askForNotices()
    try {
      if (running.value !== null) {
        await queue.add(wanted)
        original.value = null
        return null
      }
      const { run } = await fleuron().training.start({ settings: wanted })
      original.value = null
      await fetchRuns()
      return run
    } catch (failure) {
      toasts.failed(errorValue(failure))
      return null
    } finally {
      starting.value = false
    }
  }

  const pause = (run: string) => toasts.attempt(() => fleuron().training.pause({ run }))
  /** Answers whether it goes on; what went wrong was said. */
  const resume = (run: string) =>
    toasts.attempt(async () => {
      await fleuron().training.resume({ run })
      await fetchRuns()
    })
  const stop = (run: string) => toasts.attempt(() => fleuron().training.stop({ run }))
  const cancel = (run: string) => toasts.attempt(() => fleuron().training.cancel({ run }))
  const downloadWeights = (model: string) => toasts.attempt(() => fleuron().training.downloadWeights({ model }))

  /** Asks where to, then copies the model folder. */
  const exportModel = (run: string) =>
    toasts.attempt(async () => {
      const to = await fleuron().host.chooseFolder({ title: 'Where to put the model' })
      if (to === null) return
      const { directory } = await fleuron().training.exportModel({ run, to })
      toasts.done(`The model was copied to ${directory}`)
    })

  /** Shows the model folder, or says where it is on a machine without a file manager. */
  const revealModel = (run: string) =>
    toasts.attempt(async () => {
      const { shown, path } = await fleuron().host.reveal({ what: 'model', run })
      if (!shown) toasts.done(`The model is in ${path}`)
    })

  const runChanged = (summary: RunSummary) => {
    const others = (runs.value ?? []).filter((run) => run.id !== summary.id)
    runs.value = [...others, summary].sort((a, b) => a.number - b.number)
    if (summary.state !== 'running') void fetchOptions()
  }

  fleuron().training.onChanged(runChanged)
  useConnection().onReopened(() => void fetchAnew())

  watch(
    () => project.project?.id,
    () => {
      options.value = null
      chosen.value = null
      edits.clear()
      original.value = null
      estimates.clear()
      plan.value = null
      runs.value = null
    },
  )
  watch(
    () => [appSettings.settings.weights, tasks.runningOf('download')?.id],
    () => {
      if (options.value !== null) void fetchOptions()
    },
  )

  return {
    options,
    choices,
    error,
    option,
    chosen,
    settings,
    changed,
    original,
    plan,
    planError,
    estimates,
    starting,
    runs,
    runsError,
    running,
    unfinished,
    models,
    modelName,
    labelsOf,
    fetchAnew,
    fetchRuns,
    planSoon,
    fetchEstimates,
    choose,
    update,
    take,
    reset,
    start,
    pause,
    resume,
    stop,
    cancel,
    downloadWeights,
    exportModel,
    revealModel,
  }
})
