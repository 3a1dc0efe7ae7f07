/** How many threads a run computes with: from its settings to the sessions of ONNX Runtime, and again when it is resumed. */
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { afterEach, expect, it, vi } from 'vitest'
import { readModelCard } from '../model/model-folder.ts'
import { quickSettings, runHere, shapesInput } from '../testing.ts'
import { readBasis } from './run-execution.ts'
import { shapesForAllTests } from './testing.ts'
import { trainJob, type TrainJobInput } from './train-job.ts'

const { root, weights } = shapesForAllTests()
afterEach(() => vi.restoreAllMocks())

/** Trains, and answers the threads of every session that was opened before the model is saved and tried as it will be used. */
async function threadsOfSessions(input: TrainJobInput) {
  // It is called through: nothing takes the place of ONNX Runtime.
  const create = vi.spyOn(ort.InferenceSession, 'create')
  let count = 0
  const { result } = await runHere(input, trainJob.name, (event) => {
    const saving = event.kind === 'progress' && event.progress.phase === 'saving'
    if (!saving) count = create.mock.calls.length
  })
  const threads = create.mock.calls.slice(0, count).map((call) => {
    return (call.at(1) as ort.InferenceSession.SessionOptions | undefined)?.intraOpNumThreads
  })
  vi.restoreAllMocks()
  return { result, threads }
}

const inputOf = (mode: 'scratch' | 'frozen', threads: number, run = `${mode} ${threads}`) =>
  shapesInput(root, quickSettings(mode, { epochs: 1, threads }), { run, weights })

it.each(['scratch', 'frozen'] as const)('every session of a run (%s) has the threads of its settings', async (mode) => {
  const input = { ...inputOf(mode, 1), features: join(root, `features of ${mode}`) }
  const { result, threads } = await threadsOfSessions(input)
  expect(threads.length).toBeGreaterThanOrEqual(2)
  expect(new Set(threads)).toEqual(new Set([1]))
  expect(readBasis(input.directory)?.execution.threads).toBe(1)
  expect(readModelCard(result.modelDirectory).device.threads).toBe(1)
  expect(result.made.device.threads).toBe(1)
})

it('computes with all cores when no number is set', async () => {
  const input = inputOf('scratch', 0)
  const { result } = await threadsOfSessions(input)
  expect(readBasis(input.directory)?.execution.threads).toBe(availableParallelism())
  expect(readModelCard(result.modelDirectory).device.threads).toBe(availableParallelism())
})

it('learns with the threads it began with when it is taken up again', async () => {
  const input = inputOf('scratch', 0, 'resumed')
  const other = availableParallelism() + 1
  const { execution, weightsHash } = readBasis(inputOf('scratch', 1).directory) as NonNullable<
    ReturnType<typeof readBasis>
  >
  writeFileSync(
    join(input.directory, 'basis.json'),
    JSON.stringify({ execution: { ...execution, threads: other }, weightsHash }),
  )
  const { threads } = await threadsOfSessions({ ...input, resumes: true })
  expect(threads).toContain(other)
  expect(readBasis(input.directory)?.execution.threads).toBe(other)
})
