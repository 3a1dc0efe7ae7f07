import { expect, it } from 'vitest'
import { changesOf } from './clone-changes.ts'
import { plainSettings } from '../../../shared/testing.ts'

const settings = { ...plainSettings, learningRate: 0.001 }

it('says in what a run differs from the one it repeats', () => {
  expect(changesOf(settings, { ...settings })).toEqual([])
  const changed = { ...settings, learningRate: 0.003, optimizer: 'sgd', optimizerSettings: { momentum: 0.8 } }
  expect(changesOf(settings, changed)).toEqual([
    { key: 'optimizer', title: 'Optimiser', before: 'adamw', after: 'sgd' },
    { key: 'learningRate', title: 'Rate', before: '0.001', after: '0.003' },
    { key: 'optimizerSettings.momentum', title: 'Optimizer settings: momentum', before: '–', after: '0.8' },
  ])
})
