/** Where a run is: its steps in order and how much of it is done. */
import type { TrainMode, TrainProgress } from '../../../shared/training.ts'

export type Phase = TrainProgress['phase']

export interface Step {
  phase: Phase
  name: string
  state: 'done' | 'now' | 'later'
}

const names: Record<Phase, string> = {
  preparing: 'Preparing',
  features: 'Features',
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
    name: each === 'training' && mode === 'frozen' ? 'Training the head' : names[each],
    state: index < now ? 'done' : index === now ? 'now' : 'later',
  }))
}

/** Share of the present phase that is done, 0 to 1; null where it does not count anything. */
export function phaseShare(progress: TrainProgress): number | null {
  const { phase, epoch, epochs, batch, batches } = progress
  const ofBatches = batches > 0 ? Math.min(1, batch / batches) : 0
  switch (phase) {
    case 'training':
      return epochs > 0 ? Math.min(1, (Math.max(0, epoch - 1) + ofBatches) / epochs) : null
    case 'features':
    case 'testing':
      return batches > 0 ? ofBatches : null
    case 'preparing':
    case 'saving':
      return null
  }
}
