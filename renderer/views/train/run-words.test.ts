import { describe, expect, it } from 'vitest'
import type { Task } from '../../../shared/task.ts'
import type { RunRecord, TrainProgress } from '../../../shared/training.ts'
import { figuresOf, headlineOf } from './run-words.ts'

const epoch = {
  epoch: 1,
  trainLoss: 1,
  trainAccuracy: 0.6,
  validationLoss: 1,
  validationAccuracy: 0.677,
  learningRate: 0.001,
  seconds: 1,
  imagesPerSecond: 1,
}
const record = (change: Partial<RunRecord>): RunRecord =>
  ({
    state: 'running',
    history: [epoch],
    settings: { epochs: 40, monitor: 'loss', patience: 0, minimumChange: 0 },
    photos: { train: 902, validation: 193, test: 193 },
    validationAccuracy: null,
    validationLoss: null,
    bestEpoch: null,
    seconds: null,
    error: null,
    hasModel: false,
    ...change,
  }) as RunRecord
const progress: TrainProgress = {
  run: 'r',
  phase: 'training',
  message: 'Training',
  epoch: 2,
  epochs: 40,
  batch: 9,
  batches: 33,
  imagesPerSecond: 412.4,
  etaSeconds: 118,
  loss: 1,
  completed: null,
  detail: null,
  bestEpoch: 1,
}

describe('a run in words', () => {
  it('has the figures of the step it is at', () => {
    expect(figuresOf(record({}), progress, null).map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'Left: about 2 minutes',
      'Epoch: 2 of 40',
      'Batch: 9 of 33',
      'Speed: 412 images/s',
      'Best so far: 67.7\u00a0%, epoch 1',
    ])
    const features = { ...progress, phase: 'features' as const, etaSeconds: null }
    const task = { done: 9, total: 33 } as Task
    expect(figuresOf(record({ history: [] }), features, task)[0]).toEqual({ name: 'Photos', value: '9 of 33' })
    // After the window was opened anew, before the first news arrives.
    expect(figuresOf(record({}), null, null)[0]).toEqual({ name: 'Epoch', value: '1 of 40' })
  })
  it('opens with a sentence', () => {
    expect(headlineOf(record({}), progress).title).toBe('Learning…')
    expect(headlineOf(record({}), { ...progress, phase: 'saving', message: 'Writing the model' })).toEqual({
      title: 'Nearly done',
      detail: 'Writing the model',
    })
    const ended = record({
      state: 'finished',
      validationAccuracy: 180 / 193,
      hasModel: true,
      seconds: 38.4,
      bestEpoch: 1,
    })
    expect(headlineOf(ended, null).title).toBe('93 of 100 photos are called by their right name.')
    expect(figuresOf(ended, null, null).map((each) => each.name)).toEqual(['Validation accuracy', 'Best epoch', 'Time'])
  })
  it('says why it failed', () => {
    const failed = record({
      state: 'failed',
      error: { code: 'compute-failed', message: 'Memory ran out; close others.' },
    })
    expect(headlineOf(failed, null)).toMatchObject({ detail: 'Memory ran out; close others.', bad: true })
  })
})
