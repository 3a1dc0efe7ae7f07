/** Where a run is: its steps in order and how much of it is done. */
import type { Task } from '../../../shared/task.ts'
import type { TrainMode, TrainProgress } from '../../../shared/training.ts'

export type Phase = TrainProgress['phase']

export interface Step {
  phase: Phase
  name: string
  state: 'done' | 'now' | 'later'
}

const names: Record<Phase, string> = {
  preparing: 'Preparing',
  features: 'Looking at the photos',
  training: 'Training',
  testing: 'Testing',
  saving: 'Saving the model',
}

const phasesOf = (mode: TrainMode): Phase[] =>
  mode === 'frozen'
    ? ['preparing', 'features', 'training', 'testing', 'saving']
    : ['preparing', 'training', 'testing', 'saving']

/** A frozen backbone has one step more: the features that its head learns from. */
export function steps(mode: TrainMode, phase: Phase): Step[] {
  const phases = phasesOf(mode)
  const now = phases.indexOf(phase)
  return phases.map((each, index) => ({
    phase: each,
    name: each === 'training' && mode === 'frozen' ? 'Training the classifier' : names[each],
    state: index < now ? 'done' : index === now ? 'now' : 'later',
  }))
}

export interface Counted {
  done: number
  total: number
}

/** Photos that are done in the phase that looks at them; the task counts them. */
export function photosDone(progress: TrainProgress | null, task: Task | null): Counted | null {
  if (progress?.phase !== 'features' || task === null || task.total === null || task.total === 0) return null
  return { done: task.done, total: task.total }
}

/** Share of the present phase that is done, 0 to 1; null where it does not count anything. */
export function phaseShare(progress: TrainProgress, task: Task | null): number | null {
  const { phase, epoch, epochs, batch, batches } = progress
  if (phase === 'training') {
    const ofEpoch = batches > 0 ? Math.min(1, batch / batches) : 0
    return epochs > 0 ? Math.min(1, (Math.max(0, epoch - 1) + ofEpoch) / epochs) : null
  }
  const photos = photosDone(progress, task)
  return photos === null ? null : Math.min(1, photos.done / photos.total)
}
