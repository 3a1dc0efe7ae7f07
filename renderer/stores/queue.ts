import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { QueuedRun, TrainingQueue } from '../../shared/queue.ts'
import type { TrainSettings } from '../../shared/training.ts'
import { counted } from '../format.ts'
import { fleuron } from '../fleuron.ts'
import { useConnection } from './connection.ts'
import { useProject } from './project.ts'
import { useToasts } from './toasts.ts'

const nothing: TrainingQueue = { runs: [], held: false }

/** Runs of the open project that wait for their turn. */
export const useQueue = defineStore('queue', () => {
  const project = useProject()
  const toasts = useToasts()
  const queue = shallowRef<TrainingQueue>(nothing)

  const runs = computed(() => queue.value.runs)
  const held = computed(() => queue.value.held)
  /** Whether something begins when the run in hand has ended. */
  const goesOn = computed(() => !held.value && runs.value.some(({ problem }) => problem === null))

  const fetchAnew = () =>
    toasts.attempt(async () => {
      queue.value = project.project === null ? nothing : await fleuron().queue.get()
    })

  /** Puts a run at the end, and says so. */
  const add = async (settings: TrainSettings) => {
    const before = runs.value.length
    if (!(await toasts.attempt(() => fleuron().queue.add({ settings })))) return
    toasts.done(
      before === 0 ? 'It waits, and begins when training is free' : `It waits behind ${counted(before, 'other')}`,
    )
  }
  const move = (queued: string, to: number) => toasts.attempt(() => fleuron().queue.move({ queued, to }))
  const hold = (wanted: boolean) => toasts.attempt(() => fleuron().queue.hold({ held: wanted }))

  /** Takes it out, to be put back while the words stand. */
  const remove = async ({ id, settings }: QueuedRun) => {
    const to = runs.value.findIndex((each) => each.id === id)
    if (!(await toasts.attempt(() => fleuron().queue.remove({ queued: id })))) return
    const undo = () => void toasts.attempt(() => fleuron().queue.add({ settings, to: Math.max(0, to) }))
    toasts.done('Taken out of the queue', { action: { label: 'Undo', run: undo } })
  }

  fleuron().queue.onChanged((value) => (queue.value = value))
  useConnection().onReopened(() => void fetchAnew())
  watch(
    () => project.project?.id,
    () => void fetchAnew(),
    { immediate: true },
  )

  return { runs, held, goesOn, add, move, remove, hold }
})
