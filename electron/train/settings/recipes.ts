import { presetPolicy } from '../../../shared/policy.ts'
import type { TrainMode, TrainSettings } from '../../../shared/training.ts'
import { modelEntry } from '../../engine/index.ts'
import type { Way } from './ways.ts'

/**
 * The settings with which pressing Train is enough. Rules lie one over the other, the general ones first; what a later
 * one says counts, with the sentence that explains it. Where a value was measured the comment says on what; the others
 * come from the recipes of timm, torchvision and the papers, and were not measured here.
 */

type Values = Partial<Omit<TrainSettings, 'model' | 'mode'>>

interface Rule {
  readonly mode?: TrainMode
  /** Names of models. */
  readonly models?: RegExp
  /** Numbers of labelled photos, from and below. */
  readonly photos?: readonly [from: number, below: number]
  readonly settings: Values | ((labelled: number) => Values)
  readonly because?: Partial<Record<keyof Values, string>>
}

const clamp = (value: number, low: number, high: number): number => Math.round(Math.min(high, Math.max(low, value)))

const transformers = /^vit_/
const convNeXts = /^convnext/
const batchNormed = /^(resnet|mobilenet|efficientnet|tf_|inception)/

const general: Rule = {
  settings: {
    stages: 0,
    timeBudget: 0,
    accumulation: 1,
    optimizer: 'adamw',
    optimizerSettings: {},
    layerDecay: 1,
    scheduleSettings: {},
    loss: 'crossEntropy',
    lossSettings: {},
    classWeights: 'none',
    classWeightsSettings: {},
    clipNorm: 0,
    ema: 0,
    dropout: 0,
    dropPath: 0,
    freezeBatchNorm: false,
    monitor: 'loss',
    minimumChange: 0,
    extraViews: 0,
    threads: 0,
    seed: 1,
  },
  because: {
    optimizer: 'AdamW learns well at one rate for most models, so there is little to tune.',
    monitor: 'The loss tells a better epoch from a worse one earlier than accuracy does.',
    classWeights: 'All photos count alike; with few photos of some classes, weights make rare classes heard.',
    seed: 'The same seed, photos and settings give the same model again.',
  },
}

/** Passes over a collection of this size: few photos are passed often, and many as often as an evening allows. */
const scratchEpochs = (labelled: number, most: number): number =>
  labelled < 400 ? clamp(5000 / Math.max(labelled, 1), 25, 60) : clamp(60_000 / labelled, 16, most)

const rules: readonly Rule[] = [
  general,
  {
    mode: 'frozen',
    settings: {
      epochs: 60,
      batchSize: 64,
      learningRate: 1e-3,
      weightDecay: 0.01,
      schedule: 'cosine',
      warmupEpochs: 1,
      // Measured on eight splits of the flowers with ViT-Tiny: smoothing costs calibration here, half of the features is
      // enough. On one split (225 test photos) MobileNetV2 reached 0.867 and EfficientNet-Lite0 0.898 with the same.
      labelSmoothing: 0,
      dropout: 0.5,
      patience: 12,
      augmentation: presetPolicy('standard'),
    },
    because: {
      epochs: 'The classifier alone learns within seconds, so there is time for many epochs.',
      learningRate: 'A single layer may learn fast.',
      dropout: 'Half of the features at a time keeps the classifier from leaning on a few of them.',
      patience: 'Twelve epochs without a lower loss: nothing more is to be had from these features.',
      imageSize: 'The backbone was trained on photos of this size.',
    },
  },
  {
    mode: 'frozen',
    photos: [0, 300],
    settings: { batchSize: 16 },
    because: { batchSize: 'Few photos need small batches, or an epoch would have hardly a step.' },
  },
  {
    mode: 'finetune',
    settings: (labelled) => ({
      // The pretrained layers need a few thousand steps at most, whatever the number of photos.
      epochs: clamp(9000 / Math.max(labelled, 1), 3, 20),
      batchSize: 16,
      // Layer-wise decay with AdamW as BEiT (Bao et al. 2021) and timm fine-tune. ViT-Tiny: 0.964 of 225 test photos of
      // the flowers after six epochs.
      learningRate: 2e-4,
      weightDecay: 0.05,
      layerDecay: 0.75,
      schedule: 'cosine',
      warmupEpochs: 0.5,
      labelSmoothing: 0.1,
      clipNorm: 1,
      patience: 0,
      augmentation: presetPolicy('standard'),
    }),
    because: {
      epochs: 'Pretrained layers need few epochs; more of them learn your photos by heart.',
      batchSize: 'Small batches make enough steps of few photos, and need little memory.',
      learningRate: 'Small, so that what the network knows is bent rather than overwritten.',
      layerDecay:
        'Early layers see edges and colours and hardly need to change; each learns more slowly than the one above.',
      warmupEpochs: 'The new classifier is random at first: the rate rises while it settles.',
      clipNorm: 'A single odd batch cannot undo what was learned before.',
      patience: 'The schedule ends by itself after few epochs; the best one is kept.',
    },
  },
  {
    mode: 'finetune',
    models: batchNormed,
    settings: { freezeBatchNorm: true, learningRate: 5e-4, layerDecay: 0.85 },
    because: {
      freezeBatchNorm: 'Batches of 16 photos are too few to measure better statistics than those it came with.',
    },
  },
  {
    mode: 'scratch',
    settings: (labelled) => ({
      epochs: scratchEpochs(labelled, 40),
      batchSize: labelled < 600 ? 16 : 32,
      learningRate: 2e-3,
      weightDecay: 0.05,
      schedule: 'oneCycle',
      warmupEpochs: 0,
      labelSmoothing: 0.1,
      // One-cycle reaches its best at the very end, so only a run that has long been getting worse is cut short.
      patience: 15,
      imageSize: 128,
      augmentation: presetPolicy('standard'),
    }),
    because: {
      epochs: 'As many as fit into a few minutes to a quarter of an hour: what is learned from nothing takes long.',
      batchSize: 'Batches smaller than usual let a small collection take enough steps.',
      learningRate: 'One cycle allows a high rate in its middle, which learns faster and generalises better.',
      schedule: 'A long rise and a long fall: the quickest way from random values to a good model (Smith 2018).',
      labelSmoothing: 'Less than full certainty keeps a network from learning single photos by heart.',
      patience: 'The best epoch comes at the very end; only a run that has long been getting worse is cut short.',
      imageSize: 'Smaller photos than those of pretrained networks: four times as fast at half the side.',
    },
  },
  {
    mode: 'scratch',
    models: /^simple_cnn$/,
    // Measured on one split of the flowers, right answers of 225: 0.75 after 16 epochs, 0.80 after 40.
    settings: (labelled) => ({ imageSize: 96, learningRate: 3e-3, epochs: scratchEpochs(labelled, 28) }),
    because: { epochs: 'On two cores about a minute for a few hundred photos, and two to four for 1,500.' },
  },
  {
    // DeiT's recipe (Touvron et al. 2021) at the size of a laptop.
    mode: 'scratch',
    models: /^(vit_|convnext)/,
    settings: { schedule: 'cosine', learningRate: 5e-4, warmupEpochs: 3, dropPath: 0.1, clipNorm: 1 },
    because: {
      learningRate: 'Networks of this kind come undone at higher rates when they start from nothing.',
      warmupEpochs: 'The rate rises slowly: the first steps of a network of this kind are easily too long.',
      dropPath: 'Leaving out blocks at random keeps a deep network from learning by heart.',
      clipNorm: 'A single odd batch cannot undo what was learned before.',
    },
  },
  { mode: 'finetune', models: convNeXts, settings: { dropPath: 0.1 } },
  { mode: 'finetune', models: transformers, settings: { layerDecay: 0.75 } },
  // Its windows are cut from photos in patches of 14; the published 518 pixels take five times as long.
  {
    models: /dinov2$/,
    settings: { imageSize: 224 },
    because: { imageSize: 'The 518 pixels it was trained with take five times as long and gain little.' },
  },
  { mode: 'scratch', models: /^inception/, settings: { imageSize: 160 } },
]

const applies = ({ mode, models, photos }: Rule, way: Way, labelled: number): boolean =>
  (mode === undefined || mode === way.mode) &&
  (models === undefined || models.test(way.model)) &&
  (photos === undefined || (labelled >= photos[0] && labelled < photos[1]))

/** Settings for a collection with this many labelled photos, and why they are as they are. */
export function recipeOf(way: Way, labelled: number): { settings: TrainSettings; reasons: Rule['because'] & object } {
  const fitting = rules.filter((rule) => applies(rule, way, labelled))
  const [side] = modelEntry(way.model).config.inputSize
  const values = fitting.map(({ settings }) => (typeof settings === 'function' ? settings(labelled) : settings))
  return {
    settings: Object.assign({ ...way, imageSize: side }, ...values) as TrainSettings,
    reasons: Object.assign({}, ...fitting.map(({ because }) => because)),
  }
}
