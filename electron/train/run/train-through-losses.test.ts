import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ComputeClient } from '../compute/compute-client.ts'
import type { ComputeProcess } from '../compute/compute-protocol.ts'
import { forkProcess } from '../compute/fork-compute.ts'
import { drawShapes, quickSettings, shapesInput, temporaryFolder } from '../testing.ts'
import type { TrainJobEvent } from './train-job.ts'
import { trainThroughLosses } from './train-through-losses.ts'

test('a run whose device is lost again and again goes on on the processor', async () => {
  using folder = temporaryFolder()
  await drawShapes(join(folder.path, 'photos'), 1)
  const fork = forkProcess(new URL('./loss-testing.ts', import.meta.url))
  const processes: ComputeProcess[] = []
  const compute = new ComputeClient(() => {
    const started = fork()
    processes.push(started)
    return started
  })
  const events: TrainJobEvent[] = []
  const never = new AbortController().signal
  const input = { ...shapesInput(folder.path, quickSettings('scratch'), { perClass: 1 }), device: 'webgpu' as const }
  const following = { onEvent: (event: TrainJobEvent) => void events.push(event), signal: never, stop: never }
  expect(await trainThroughLosses(compute, input, following)).toEqual({ state: 'paused' })
  await compute.close()
  expect(events).toEqual([
    { kind: 'note', text: expect.stringMatching(/was lost, or .*from its last checkpoint\.$/) },
    { kind: 'note', text: expect.stringMatching(/was lost a second time, or .*from its last checkpoint\.$/) },
    { kind: 'note', text: expect.stringMatching(/was lost a third time, or .*checkpoint, on the processor\.$/) },
  ])
  expect(processes).toHaveLength(4)
})
