import { presetOf } from '../../../shared/policy.ts'
import type { TrainSettings } from '../../../shared/training.ts'
import { counted, decimal } from '../../format.ts'

/** What tells runs of one model apart: "12 epochs, rate 0.003, standard augmentation, seed 1". */
export function queuedText({ epochs, learningRate, augmentation, seed }: TrainSettings): string {
  const preset = presetOf(augmentation)
  const shown =
    preset?.name === 'none' ? 'no augmentation' : `${preset === null ? 'own' : preset.title.toLowerCase()} augmentation`
  return `${counted(epochs, 'epoch')}, rate ${decimal(learningRate)}, ${shown}, seed ${seed}`
}
