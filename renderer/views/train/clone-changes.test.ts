import { expect, it } from 'vitest'
import { presetPolicy } from '../../../shared/policy.ts'
import { readStoredSettings } from '../../../shared/stored-settings.ts'
import { changesOf } from './clone-changes.ts'

const settings = readStoredSettings({
  model: 'simple_cnn',
  mode: 'scratch',
  imageSize: 96,
  epochs: 40,
  batchSize: 32,
  optimizer: 'adamw',
  learningRate: 0.001,
  weightDecay: 0.05,
  schedule: 'cosine',
  warmupEpochs: 2,
  labelSmoothing: 0.1,
  dropout: 0.1,
  patience: 6,
  augmentation: presetPolicy('light'),
  extraViews: 0,
  seed: 1,
})

it('says in what a run differs from the one it repeats', () => {
  expect(changesOf(settings, { ...settings })).toEqual([])
  const changed = { ...settings, learningRate: 0.003, optimizer: 'sgd', optimizerSettings: { momentum: 0.8 } }
  expect(changesOf(settings, changed)).toEqual([
    { key: 'optimizer', title: 'Optimiser', before: 'adamw', after: 'sgd' },
    { key: 'learningRate', title: 'Rate', before: '0.001', after: '0.003' },
    { key: 'optimizerSettings.momentum', title: 'Optimizer settings: momentum', before: '–', after: '0.8' },
  ])
})
