import * as tf from '@tensorflow/tfjs-core'
import { expect, test, vi } from 'vitest'
import type { DeviceTrial } from '../../../shared/device.ts'
import { deviceJobs, deviceTrialJob } from './device-trial.ts'

// tfjs-node-gpu cannot be installed here: the processor of tfjs-core takes the place of its library.
vi.mock('../../engine/runtime/tensorflow/library.ts', async () => ({
  loadTensorFlow: async () => {
    await import('@tensorflow/tfjs-backend-cpu')
    await tf.setBackend('cpu')
    return tf
  },
}))

test('TensorFlow, where its library is there, is found to agree with the processor', async () => {
  const never = new AbortController().signal
  const context = { emit: () => undefined, signal: never, stop: never, breathe: () => Promise.resolve() }
  const { handler } = deviceJobs.find(({ name }) => name === deviceTrialJob.name)!
  const trial = (await handler('tensorflow', context)) as DeviceTrial
  expect(trial).toMatchObject({ result: 'works', imagesPerSecond: expect.any(Number) })
  expect(trial).toHaveProperty('difference', expect.any(Number))
  expect(trial.result === 'works' && trial.difference).toBeGreaterThan(0)
})
