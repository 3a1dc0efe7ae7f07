import { expect, it } from 'vitest'
import type { JobContext } from '../compute/compute-protocol.ts'
import { measuringJob } from './measure.ts'
import { quickSettings } from '../testing.ts'

const context: JobContext<unknown> = {
  emit: () => undefined,
  signal: new AbortController().signal,
  stop: new AbortController().signal,
  breathe: () => Promise.resolve(),
}

it.each([
  ['scratch', ['train simple_cnn 32', 'view simple_cnn 32']],
  ['frozen', ['features vit_tiny_patch16_224 32']],
] as const)('measures what an estimate of a run needs (%s)', async (mode, names) => {
  const speeds = (await measuringJob.handler(
    { settings: quickSettings(mode, { dropout: 0.2 }), device: 'cpu' },
    context,
  )) as Record<string, number>
  expect(Object.keys(speeds)).toEqual(names)
  for (const speed of Object.values(speeds)) expect(speed).toBeGreaterThan(0)
})
