/** Trains through the whole application, as a user would, and measures it from outside. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { createApplication } from '../electron/api/application.ts'
import { finished } from '../electron/cli/connection.ts'
import { trainIn, type TrainResult } from '../electron/cli/commands/train.ts'
import { terminalHost } from '../electron/host/terminal.ts'
import { forkComputeProcess } from '../electron/train/compute/fork-compute.ts'
import type { Contract } from '../shared/contract.ts'
import type { RunRecord } from '../shared/training.ts'

/** Test photos and weights for development, beside the repository. */
export const sharedFolder = resolve(process.env['FLEURON_SHARED'] ?? '../shared')

/** A path below the shared folder; without it the bench is not run, and says so. */
export function shared(path: string): string | null {
  const found = join(sharedFolder, path)
  if (existsSync(found)) return found
  process.stderr.write(`  not run: there is no ${found}\n`)
  return null
}

export interface Measured {
  result: TrainResult
  record: RunRecord
  /** From opening the folder to a tested model. */
  seconds: number
  /** Photos looked at per second while features were computed; null where there were none. */
  featuresPerSecond: number | null
  /** Largest resident memory of all processes together, bytes. */
  peakMemory: number
}

/**
 * Opens a folder as a new project in an empty FLEURON_HOME and trains.
 * @param afterwards gets the model folder while it is still there; its time does not count
 */
export async function measureTraining(
  open: (services: Contract) => Promise<{ task: string | null }>,
  choice: { model: string; mode: string; set?: string[] },
  afterwards: (result: TrainResult, record: RunRecord) => Promise<void> = async () => undefined,
): Promise<Measured> {
  const home = mkdtempSync(join(tmpdir(), 'fleuron-bench-'))
  const application = await createApplication({ home, host: terminalHost(), launchCompute: forkComputeProcess })
  const memory = watchMemory()
  try {
    const { services } = application
    const looking: number[] = []
    services.training.onProgress(({ phase, imagesPerSecond }) => {
      if (phase === 'features' && imagesPerSecond !== null) looking.push(imagesPerSecond)
    })
    const began = performance.now()
    const { task } = await open(services)
    if (task !== null) await finished(services, task)
    const result = await trainIn(services, { set: [], ...choice })
    const seconds = (performance.now() - began) / 1000
    const record = await services.training.run({ run: result.run })
    await afterwards(result, record)
    return { result, record, seconds, featuresPerSecond: median(looking), peakMemory: memory.peak() }
  } finally {
    memory.stop()
    await application.close()
    rmSync(home, { recursive: true, force: true })
  }
}

export const median = (values: readonly number[]): number | null =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null

/** Looks at the memory of this process and its children a few times a second (`ps`; nothing on Windows). */
function watchMemory(): { peak(): number; stop(): void } {
  let peak = 0
  const look = async (): Promise<void> => {
    const own = ['--pid', String(process.pid), '--ppid', String(process.pid)]
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=,comm=', ...own])
    const kilobytes = stdout
      .trim()
      .split('\n')
      .filter((line) => !line.endsWith(' ps'))
      .reduce((sum, line) => sum + Number.parseInt(line, 10), 0)
    peak = Math.max(peak, kilobytes * 1024)
  }
  const timer = setInterval(() => void look().catch(() => undefined), 250)
  return { peak: () => peak, stop: () => clearInterval(timer) }
}
