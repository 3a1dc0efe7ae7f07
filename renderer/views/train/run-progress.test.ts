import { describe, expect, it } from 'vitest'
import type { Task } from '../../../shared/task.ts'
import type { TrainProgress } from '../../../shared/training.ts'
import { phaseShare, photosDone, steps } from './run-progress.ts'

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
  detail: null,
  bestEpoch: null,
  ...change,
})

const task: Task = {
  id: 't',
  kind: 'train',
  title: '',
  state: 'running',
  done: 300,
  total: 900,
  unit: 'photos',
  etaSeconds: null,
  error: null,
}

describe('where a run is', () => {
  it('knows the steps of both ways of training', () => {
    expect(steps('scratch', 'training').map((step) => step.state)).toEqual(['done', 'now', 'later', 'later'])
    expect(steps('frozen', 'features').map((step) => step.name)).toEqual([
      'Preparing',
      'Looking at the photos',
      'Training the classifier',
      'Testing',
      'Saving the model',
    ])
  })
  it('counts epochs and their batches', () => {
    expect(phaseShare(at({}), null)).toBe((13 + 0.25) / 40)
    expect(phaseShare(at({ epoch: 0, batch: 0, batches: 0 }), null)).toBe(0)
    expect(phaseShare(at({ phase: 'saving' }), task)).toBeNull()
  })
  it('counts the photos that the task counts', () => {
    expect(phaseShare(at({ phase: 'features' }), task)).toBeCloseTo(1 / 3)
    expect(photosDone(at({ phase: 'features' }), task)).toEqual({ done: 300, total: 900 })
    expect(photosDone(at({ phase: 'features' }), { ...task, total: null })).toBeNull()
    expect(photosDone(at({}), task)).toBeNull()
    expect(photosDone(null, task)).toBeNull()
  })
})
