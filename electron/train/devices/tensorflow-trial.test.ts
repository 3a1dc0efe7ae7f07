import { expect, test, vi } from 'vitest'
import type { DeviceTrial } from '../../../shared/device.ts'
import { deviceJobs, deviceTrialJob } from './device-trial.ts'

vi.mock('../../engine/runtime/tensorflow/library.ts', () => import('../../engine/testing.ts'))

test('TensorFlow, where its library is there, is found to agree with the processor', async () => {
  const never = new AbortController().signal
  const context = { emit: () => undefined, signal: never, stop: never, breathe: () => Promise.resolve() }
  const { handler } = deviceJobs.find(({ name }) => name === deviceTrialJob.name)!
  const trial = (await handler('tensorflow', context)) as DeviceTrial
  expect(trial).toMatchObject({ result: 'works', imagesPerSecond: expect.any(Number) })
  expect(trial).toHaveProperty('difference', expect.any(Number))
  expect(trial.result === 'works' && trial.difference).toBeGreaterThan(0)
})
