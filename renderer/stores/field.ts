import { defineStore } from 'pinia'
import { computed, shallowReactive, shallowRef, watch } from 'vue'
import type { ErrorValue } from '../../shared/errors.ts'
import type { Decision, FieldPhoto, FieldSession, ModelInfo, Precision } from '../../shared/prediction.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { useConnection } from './connection.ts'
import { useProject } from './project.ts'
import { useTasks } from './tasks.ts'
import { useToasts } from './toasts.ts'

/** Photos fetched with one call. */
const page = 120

/** Photos of one decision, those that were fetched in their places. */
type Column = ReadonlyMap<number, FieldPhoto>

const noColumns = (): Record<Decision, Column> => ({ known: new Map(), unsure: new Map(), unknown: new Map() })

/** Models that can be used, the sessions of the project, and the photos of the session on the screen. */
export const useField = defineStore('field', () => {
  const project = useProject()
  const tasks = useTasks()
  const toasts = useToasts()

  const models = shallowRef<readonly ModelInfo[] | null>(null)
  const sessions = shallowRef<readonly FieldSession[] | null>(null)
  const error = shallowRef<ErrorValue | null>(null)
  const model = shallowRef<string | null>(null)
  const inHand = computed(() => models.value?.find((each) => each.run === model.value) ?? null)
  /** Whether faster forms of models are wanted. */
  const faster = shallowRef(false)
  const current = shallowRef<string | null>(null)
  const columns = shallowReactive(noColumns())
  const asked = new Set<string>()
  const starting = shallowRef(false)
  /** The task of a session that began in this window. */
  const taskOf = new Map<string, string>()

  const session = computed(() => sessions.value?.find((each) => each.id === current.value) ?? null)

  const fetchAnew = async () => {
    try {
      const [usable, earlier] = await Promise.all([fleuron().field.models(), fleuron().field.sessions()])
      models.value = usable
      sessions.value = earlier
      error.value = null
      if (!usable.some((each) => each.run === model.value)) model.value = bestModel(usable)?.run ?? null
      forgetColumns()
    } catch (failure) {
      error.value = errorValue(failure)
    }
  }

  const forgetColumns = () => {
    asked.clear()
    Object.assign(columns, noColumns())
  }

  const show = (id: string | null) => {
    if (current.value === id) return
    current.value = id
    forgetColumns()
  }

  const fetchPage = async (of: FieldSession, decision: Decision, number: number) => {
    const key = `${of.id} ${decision} ${number}`
    if (asked.has(key)) return
    asked.add(key)
    try {
      const { photos } = await fleuron().field.photos({ session: of.id, decision, offset: number * page, limit: page })
      if (current.value !== of.id) return
      const column = new Map(columns[decision])
      photos.forEach((photo, index) => column.set(number * page + index, photo))
      columns[decision] = column
      // A page that was not full yet is asked for again when more photos are done.
      if (photos.length < page && of.state === 'running') asked.delete(key)
    } catch (failure) {
      asked.delete(key)
      toasts.failed(errorValue(failure))
    }
  }

  /** Fetches what is missing of the places `first` to `last` of a column. */
  const ensure = (decision: Decision, first: number, last: number) => {
    const of = session.value
    if (of === null) return
    const column = columns[decision]
    const end = Math.min(last, of.counts[decision] - 1)
    for (let number = Math.floor(first / page); number * page <= end; number++) {
      const to = Math.min((number + 1) * page - 1, of.counts[decision] - 1)
      let whole = true
      for (let place = number * page; place <= to && whole; place++) whole = column.has(place)
      if (!whole) void fetchPage(of, decision, number)
    }
  }

  /** What the model in hand computes with: its faster form only where there is one and it was chosen. */
  const precision = computed<Precision>(() => (faster.value && inHand.value?.faster ? 'int8' : 'fp32'))

  const begin = async (work: (run: string) => Promise<{ session: string; task: string; warnings?: string[] }>) => {
    const run = model.value
    if (run === null || starting.value) return
    starting.value = true
    try {
      const begun = await work(run)
      taskOf.set(begun.session, begun.task)
      received(await fleuron().field.session({ session: begun.session }))
      show(begun.session)
      // They stay until they are dismissed, as what went wrong does.
      for (const message of begun.warnings ?? []) toasts.failed({ code: 'not-permitted', message })
    } catch (failure) {
      toasts.failed(errorValue(failure))
    } finally {
      starting.value = false
    }
  }

  const classifyFolder = async () => {
    try {
      const folder = await fleuron().host.chooseFolder({ title: 'Folder of field photos' })
      if (folder !== null)
        await begin((run) => fleuron().field.classifyFolder({ run, folder, precision: precision.value }))
    } catch (failure) {
      toasts.failed(errorValue(failure))
    }
  }

  const classifyFiles = (files: readonly File[]) =>
    begin(async (run) => {
      const read = files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }))
      return fleuron().field.classifyDropped({ run, precision: precision.value, files: await Promise.all(read) })
    })

  const resume = async () => {
    const of = session.value
    if (of === null || starting.value) return
    starting.value = true
    try {
      const { task } = await fleuron().field.resume({ session: of.id })
      taskOf.set(of.id, task)
    } catch (failure) {
      toasts.failed(errorValue(failure))
    } finally {
      starting.value = false
    }
  }

  const cancel = async () => {
    const of = session.value
    if (of === null) return
    const task = taskOf.get(of.id) ?? tasks.runningOf('classify')?.id
    if (task !== undefined) await tasks.cancel(task)
  }

  const received = (news: FieldSession) => {
    const others = (sessions.value ?? []).filter((each) => each.id !== news.id)
    const isNew = others.length === (sessions.value ?? []).length
    sessions.value = isNew ? [news, ...others] : sessions.value!.map((each) => (each.id === news.id ? news : each))
  }

  fleuron().field.onChanged(received)
  useConnection().onReopened(() => void fetchAnew())
  watch(
    () => project.project?.id,
    () => {
      models.value = null
      sessions.value = null
      model.value = null
      show(null)
    },
  )

  return {
    models,
    sessions,
    error,
    model,
    inHand,
    faster,
    current,
    session,
    columns,
    starting,
    fetchAnew,
    show,
    ensure,
    classifyFolder,
    classifyFiles,
    resume,
    cancel,
  }
})

/** The model with the highest validation accuracy; of equals, the latest. */
export function bestModel(models: readonly ModelInfo[]): ModelInfo | undefined {
  return [...models].sort(
    (a, b) => (b.validationAccuracy ?? -1) - (a.validationAccuracy ?? -1) || b.number - a.number,
  )[0]
}
