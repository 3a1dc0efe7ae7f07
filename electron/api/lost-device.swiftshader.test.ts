import { mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { RunRecord, RunState, TrainProgress } from '../../shared/training.ts'
import { swiftShaderEnvironment } from '../../scripts/unpack.ts'
import { createProject } from '../dataset/import.ts'
import { Tasks } from '../project/tasks.ts'
import type { ComputeProcess } from '../train/compute/compute-protocol.ts'
import { forkComputeProcess } from '../train/compute/fork-compute.ts'
import { drawShapes, quickSettings, temporaryFolder } from '../train/testing.ts'
import { startTrainingRooms } from './testing.ts'

// A graphics processor in software, which npm brings.
const environment = await swiftShaderEnvironment()
if (environment === null) {
  process.stderr.write('NOT RUN: runs whose device is lost. SwiftShader comes from npm for Linux on x64 only.\n')
}

const folder = temporaryFolder()
const photos = join(folder.path, 'photos')
beforeAll(() => drawShapes(photos, 5))
afterAll(() => folder[Symbol.dispose]())
afterEach(() => vi.unstubAllEnvs())

const epochs = 2

/** A run on WebGPU, and what became of it; the processes that computed it are told of its progress. */
async function train(lose: (told: TrainProgress, processes: readonly ComputeProcess[]) => void) {
  const processes: ComputeProcess[] = []
  const launch = (): ComputeProcess => {
    const started = forkComputeProcess()
    processes.push(started)
    return started
  }
  const { training, open, close } = startTrainingRooms(mkdtempSync(join(folder.path, 'home-')), {
    device: 'webgpu',
    launch,
  })
  const { reading } = await createProject(open, new Tasks(), { folder: photos })
  await reading.finished
  const told: TrainProgress[] = []
  training.onProgress((progress) => {
    told.push(progress)
    lose(progress, processes)
  })
  const warnings: string[][] = []
  const record = await new Promise<RunRecord>((resolve, reject) => {
    const look = async (run: string, state: RunState): Promise<void> => {
      const now = await training.run({ run })
      warnings.push(now.warnings)
      if (state !== 'running') resolve({ ...now, warnings: ofDevices(now.warnings) })
    }
    training.onChanged(({ id, state }) => void look(id, state).catch(reject))
    training.start({ settings: quickSettings('scratch', { epochs, batchSize: 4 }) }).catch(reject)
  })
  const basis = JSON.parse(readFileSync(join(open.current().runs.directory(record.id), 'basis.json'), 'utf8'))
  await close()
  return { record, told, warnings, processes, device: basis.execution.device as string }
}

/** Without those of so few photos. */
const ofDevices = (warnings: readonly string[]) => warnings.filter((sentence) => /device|processor/.test(sentence))
const epochsTold = (told: readonly TrainProgress[]) => told.flatMap(({ completed }) => completed?.epoch ?? [])
const wholeHistory = Array.from({ length: epochs }, (_, index) => index + 1)

test.skipIf(environment === null)('a run whose device is lost goes on there from its last checkpoint', async () => {
  for (const [name, value] of Object.entries(environment ?? {})) vi.stubEnv(name, value)
  const { record, told, warnings, processes, device } = await train(({ phase, batch, completed }, all) => {
    // Before there is a checkpoint, and after an epoch.
    const isOver = all.length === 1 ? phase === 'training' && batch > 0 : all.length === 2 && completed !== null
    if (isOver) all.at(-1)?.kill()
  })
  expect(record).toMatchObject({ state: 'finished', hasModel: true, error: null })
  expect(record.history.map(({ epoch }) => epoch)).toEqual(wholeHistory)
  // The first epoch was in the checkpoint: nothing was computed twice.
  expect(epochsTold(told)).toEqual(wholeHistory)
  expect(processes).toHaveLength(3)
  expect(device).toBe('webgpu')
  expect(record.warnings).toEqual([
    'The device that computes was lost, or took its process down; the run went on from its last checkpoint.',
    expect.stringContaining('lost a second time'),
  ])
  // Not only when it had ended.
  expect(warnings.find((some) => ofDevices(some).length === 1)).toBeDefined()
})

test('a run whose device does not start goes on on the processor, and says so', async () => {
  vi.stubEnv('VK_DRIVER_FILES', '/dev/null')
  const { record, processes, device } = await train(() => undefined)
  expect(record).toMatchObject({ state: 'finished', error: null })
  expect(record.history.map(({ epoch }) => epoch)).toEqual(wholeHistory)
  expect(record.warnings).toEqual([expect.stringContaining('did not start, so the run goes on on the processor')])
  expect(processes).toHaveLength(1)
  expect(device).toBe('cpu')
})
