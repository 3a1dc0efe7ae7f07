import type { TrainSettings } from '../../../shared/training.ts'
import { byName, classWeightings, completeSettings, losses, type Setting, type Tensor } from '../../engine/index.ts'

/** How many of these samples there are of each class. */
export function classCounts(samples: readonly { readonly label: number }[], classes: number): number[] {
  const counts = Array.from({ length: classes }, () => 0)
  for (const { label } of samples) counts[label] = (counts[label] ?? 0) + 1
  return counts
}

/** What `classWeights` says when all photos count alike. */
export const unweighted = 'none'

/** Settings of the run that an entry of a registry has as its own, too. */
export const withShared = (
  { settings }: { readonly settings: readonly Setting[] },
  own: Readonly<Record<string, number>>,
  shared: Readonly<Record<string, number>>,
): Record<string, number> => ({
  ...own,
  ...Object.fromEntries(Object.entries(shared).filter(([name]) => settings.some((setting) => setting.name === name))),
})

/** Weights of the classes by their training samples; undefined when all samples count alike. */
function weightsOf({ classWeights, classWeightsSettings }: TrainSettings, counts: readonly number[]) {
  if (classWeights === unweighted) return undefined
  const weighting = byName(classWeightings, 'class weighting', classWeights)
  return weighting.weights(counts, completeSettings(weighting, classWeightsSettings))
}

/** The loss that the settings name, with the weights that follow from the samples of every class. */
export function lossOf(
  settings: TrainSettings,
  counts: readonly number[],
): (logits: Tensor, targets: Tensor) => Tensor {
  const { loss, lossSettings, labelSmoothing } = settings
  const definition = byName(losses, 'loss', loss)
  const own = completeSettings(definition, withShared(definition, lossSettings, { labelSmoothing }))
  return definition.create(own, weightsOf(settings, counts))
}
