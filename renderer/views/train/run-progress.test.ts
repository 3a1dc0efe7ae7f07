import { describe, expect, it } from 'vitest'
import type { TrainProgress } from '../../../shared/training.ts'
import { phaseShare, steps } from './run-progress.ts'

const at = (change: Partial<TrainProgress>): TrainProgress => ({
  run: 'r',
  phase: 'training',
  message: '',
  epoch: 14,
  epochs: 40,
  batch: 9,
  batches: 36,
  imagesPerSecond: null,
  etaSeconds: null,
  loss: null,
  completed: null,
  bestEpoch: null,
  ...change,
})

describe('where a run is', () => {
  it('knows the steps of both ways of training', () => {
    expect(steps('scratch', 'training').map((step) => step.state)).toEqual(['done', 'now', 'later', 'later'])
    expect(steps('frozen', 'features').map((step) => step.name)).toEqual([
      'Preparing',
      'Features',
      'Training the head',
      'Testing',
      'Saving the model',
    ])
  })
  it('counts epochs and their batches', () => {
    expect(phaseShare(at({}))).toBe((13 + 0.25) / 40)
    expect(phaseShare(at({ epoch: 0, batch: 0, batches: 0 }))).toBe(0)
    expect(phaseShare(at({ phase: 'features', batch: 300, batches: 900 }))).toBeCloseTo(1 / 3)
    expect(phaseShare(at({ phase: 'saving' }))).toBeNull()
  })
})
