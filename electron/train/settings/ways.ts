import { FleuronError } from '../../../shared/errors.ts'
import type { TrainMode } from '../../../shared/training.ts'
import { modelEntries } from '../../engine/index.ts'

/** A way of training: a model and what of it learns. */
export interface Way {
  readonly model: string
  readonly mode: TrainMode
}

/** Fleuron's own, which nobody has trained before. */
const ownModels: ReadonlySet<string> = new Set(['simple_cnn'])

/**
 * Not from scratch: as large as these they learn nothing from a few thousand photos, and TensorFlow's twins only serve
 * the weights that were trained with it.
 */
const neverFromScratch: ReadonlySet<string> = new Set([
  'vit_small_patch16_224',
  'vit_base_patch16_224',
  'vit_small_patch14_dinov2',
  'tf_mobilenetv2_100',
  'tf_efficientnet_lite0',
])

/** Models that others have trained before: with their weights, published or from a file, they know photos already. */
export const pretrainedModels: readonly string[] = modelEntries
  .map(({ name }) => name)
  .filter((name) => !ownModels.has(name))

export const modesOf = (model: string): readonly TrainMode[] => [
  ...(ownModels.has(model) ? [] : (['frozen', 'finetune'] as const)),
  ...(neverFromScratch.has(model) ? [] : (['scratch'] as const)),
]

/** Shown first: what suits most people, and what needs nothing to be fetched. */
export const featuredWays: readonly Way[] = [
  { model: 'simple_cnn', mode: 'scratch' },
  { model: 'vit_tiny_patch16_224', mode: 'frozen' },
]

const isFeatured = (way: Way): boolean =>
  featuredWays.some(({ model, mode }) => model === way.model && mode === way.mode)

/** Every way of training: the featured ones, then the others in the order of the registry. */
export const ways: readonly Way[] = [
  ...featuredWays,
  ...modelEntries
    .flatMap(({ name }) => modesOf(name).map((mode) => ({ model: name, mode })))
    .filter((way) => !isFeatured(way)),
]

/** @throws FleuronError invalid-input when this model is not trained this way; the message names the ways there are */
export function checkWay({ model, mode }: Way): void {
  const own = ways.filter((way) => way.model === model).map((way) => way.mode)
  if (own.includes(mode)) return
  if (own.length > 0) {
    throw new FleuronError('invalid-input', `“${model}” cannot be trained “${mode}”; choose one of ${own.join(', ')}.`)
  }
  const models = modelEntries.map(({ name }) => name).join(', ')
  throw new FleuronError('invalid-input', `There is no model “${model}”; choose one of ${models}.`)
}
