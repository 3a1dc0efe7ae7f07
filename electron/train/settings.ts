import { FleuronError } from '../../shared/errors.ts'
import { presetPolicy } from '../../shared/policy.ts'
import type { TrainMode, TrainSettings } from '../../shared/training.ts'

/** Ways of training that the Train screen and the command line offer, and the settings that suit them. */
interface Recipe {
  model: string
  mode: TrainMode
  /** What it is good for, in two sentences. */
  description: string
  settings(labelled: number): Omit<TrainSettings, 'model' | 'mode'>
}

/**
 * Batches smaller than usual let a small collection take enough steps. A network with batch norm needs its batches
 * not too small either.
 */
const scratchBatch = (labelled: number): number => (labelled < 600 ? 16 : 32)

/**
 * About 5,000 views of photos teach a small collection; a large one gets 16 epochs. On two cores that is under a
 * minute for a few hundred photos and under four for 1,500.
 */
const scratchEpochs = (labelled: number): number => Math.round(Math.min(60, Math.max(16, 5000 / Math.max(labelled, 1))))

const recipes: readonly Recipe[] = [
  {
    model: 'simple_cnn',
    mode: 'scratch',
    description:
      'A small network that learns from your photos alone. Nothing to fetch; wants a hundred photos of a class or more.',
    settings: (labelled) => ({
      imageSize: 96,
      epochs: scratchEpochs(labelled),
      batchSize: scratchBatch(labelled),
      optimizer: 'adamw',
      learningRate: 3e-3,
      weightDecay: 0.05,
      schedule: 'onecycle',
      warmupEpochs: 0,
      labelSmoothing: 0.1,
      dropout: 0,
      // One-cycle reaches its best at the very end, so only a run that has long been getting worse is cut short.
      patience: 15,
      augmentation: presetPolicy('standard'),
      extraViews: 0,
      seed: 1,
    }),
  },
  {
    model: 'vit_tiny_patch16_224',
    mode: 'frozen',
    description:
      'Has looked at a million photos before and learns your classes on top. Quick, and good with few photos.',
    settings: (labelled) => ({
      imageSize: 224,
      epochs: 60,
      batchSize: labelled < 300 ? 16 : 64,
      optimizer: 'adamw',
      learningRate: 1e-3,
      weightDecay: 0.01,
      schedule: 'cosine',
      warmupEpochs: 1,
      // Measured on eight splits of the flowers: smoothing costs calibration here, half of the features is enough.
      labelSmoothing: 0,
      dropout: 0.5,
      patience: 12,
      augmentation: presetPolicy('standard'),
      extraViews: 0,
      seed: 1,
    }),
  },
]

/** Every way of training, in the order of the cards. */
export const trainingWays: readonly Readonly<Pick<Recipe, 'model' | 'mode' | 'description'>>[] = recipes

/**
 * Settings with which pressing Train is enough, for a collection with this many labelled photos.
 * @throws FleuronError invalid-input when this model is not trained this way; the message names the ways there are
 */
export function defaultSettings(model: string, mode: TrainMode, labelled: number): TrainSettings {
  const recipe = recipes.find((candidate) => candidate.model === model && candidate.mode === mode)
  if (recipe) return { model, mode, ...recipe.settings(labelled) }
  const ways = recipes.map((way) => `${way.model} ${way.mode}`).join(', ')
  throw new FleuronError('invalid-input', `“${model}” cannot be trained “${mode}”; choose one of ${ways}.`)
}
