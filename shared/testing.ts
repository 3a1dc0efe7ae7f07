/** What tests of all rooms begin with. */
import { presetPolicy } from './policy.ts'
import { readStoredSettings } from './stored-settings.ts'
import type { EpochMetrics, TrainSettings } from './training.ts'

/** Settings of a run that nobody trains. */
export const plainSettings: TrainSettings = readStoredSettings({
  model: 'simple_cnn',
  mode: 'scratch',
  imageSize: 96,
  epochs: 12,
  batchSize: 32,
  optimizer: 'adamw',
  learningRate: 3e-3,
  weightDecay: 0.05,
  schedule: 'cosine',
  warmupEpochs: 1,
  labelSmoothing: 0.1,
  dropout: 0,
  patience: 0,
  augmentation: presetPolicy('light'),
  extraViews: 0,
  seed: 1,
})

/** The first epoch of a run that measured no more than had to be, but for what is given. */
export const epochMetrics = (given: Partial<EpochMetrics> = {}): EpochMetrics => ({
  epoch: 1,
  trainLoss: 1,
  trainAccuracy: 0.5,
  trainMacroF1: null,
  validationLoss: 1,
  validationAccuracy: 0.5,
  validationMacroF1: null,
  learningRate: 1e-3,
  gradientNorm: null,
  inputShare: null,
  computeShare: null,
  seconds: 1,
  imagesPerSecond: 50,
  ...given,
})
