import type { Setting } from '../../../shared/setting.ts'
import type { TrainingChoice, TrainingChoices } from '../../../shared/training.ts'
import { classWeightings, losses, optimizers, schedules } from '../../engine/index.ts'
import { unweighted } from '../loop/losses.ts'

interface Entry {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly settings: readonly Setting[]
}

/** Settings that all entries of a registry share are settings of the run. */
const shared: ReadonlySet<string> = new Set(['weightDecay', 'warmup', 'labelSmoothing'])

const toChoice = ({ name, label, description, settings }: Entry): TrainingChoice => ({
  name,
  label,
  description,
  settings: settings.filter((setting) => !shared.has(setting.name)),
})

/** What there is to choose from: the engine's registries without their formulas. */
export const trainingChoices: TrainingChoices = {
  optimizer: optimizers.map(toChoice),
  schedule: schedules.map(toChoice),
  loss: losses.map(toChoice),
  classWeights: [
    {
      name: unweighted,
      label: 'All photos alike',
      description: 'Common classes count more, as there is more of them.',
      settings: [],
    },
    ...classWeightings.map(toChoice),
  ],
  monitor: [
    { name: 'loss', label: 'Loss', description: 'Tells better epochs from worse ones earliest.', settings: [] },
    { name: 'accuracy', label: 'Accuracy', description: 'The share of photos that are right.', settings: [] },
    {
      name: 'macroF1',
      label: 'Macro F1',
      description: 'Every class counts alike, however few photos it has.',
      settings: [],
    },
  ],
}
