import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { ComputeClient } from '../compute/compute-client.ts'
import { forkProcess } from '../compute/fork-compute.ts'
import { drawShapes, quickSettings, shapesInput, temporaryFolder } from '../testing.ts'
import type { TrainJobEvent } from './train-job.ts'
import { trainThroughLosses } from './train-through-losses.ts'

/** A control group of Linux whose processes have so many bytes between them; null where none can be made. */
function limitedGroup(bytes: number): string | null {
  for (const root of ['/sys/fs/cgroup/memory', '/sys/fs/cgroup']) {
    const group = join(root, `fleuron-test-${process.pid}`)
    try {
      mkdirSync(group)
    } catch {
      continue
    }
    const limit = ['memory.limit_in_bytes', 'memory.max'].map((file) => join(group, file)).find(existsSync)
    if (limit !== undefined) {
      writeFileSync(limit, String(bytes))
      return group
    }
    rmdirSync(group)
  }
  return null
}

const perClass = 120
const group = limitedGroup(1200e6)
if (group === null) {
  process.stderr.write(
    'NOT RUN: training where the kernel ends what takes too much. It needs root and control groups.\n',
  )
}
afterAll(() => {
  vi.unstubAllEnvs()
  if (group !== null) rmdirSync(group)
})

test.skipIf(group === null)('a run that the kernel ends for want of memory goes on with smaller passes', async () => {
  using folder = temporaryFolder()
  await drawShapes(join(folder.path, 'photos'), perClass)
  vi.stubEnv('FLEURON_TEST_GROUP', group as string)
  const compute = new ComputeClient(forkProcess(new URL('./memory-limit-testing.ts', import.meta.url)))
  const notes: string[] = []
  const onEvent = (event: TrainJobEvent) => void (event.kind === 'note' && notes.push(event.text))
  const never = new AbortController().signal
  // Many small photos to a pass: what comes after training looks at few at a time, and needs far less.
  const settings = quickSettings('scratch', { imageSize: 96, batchSize: 192, epochs: 1 })
  const input = shapesInput(folder.path, settings, { perClass })
  const result = await trainThroughLosses(compute, input, { onEvent, signal: never, stop: never })
  await compute.close()
  expect(result).toMatchObject({ state: 'finished', error: null })
  expect(notes.length).toBeGreaterThan(0)
  for (const note of notes) expect(note).toMatch(/because memory ran out; .*half as many photos to a pass/)
})
