/** Runs that are killed again and again and taken up each time, to be compared with one that nobody disturbed. */
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EpochDetail } from '../../../shared/epoch-detail.ts'
import type { EpochMetrics, StepSeries, TrainSettings } from '../../../shared/training.ts'
import { entryUrl } from '../../entries.ts'
import { readCheckpoint } from '../loop/checkpoint.ts'
import { readSteps } from '../loop/step-series.ts'
import type { FromCompute, ToCompute } from '../compute/compute-protocol.ts'
import { untimed } from '../testing.ts'
import { trainJob, type TrainJobInput, type TrainJobResult } from './train-job.ts'

/** Trains in a compute process of its own. Answers null when the process was killed before it was done. */
export function trainUntilKilled(input: TrainJobInput, killAfter: number | null): Promise<TrainJobResult | null> {
  return new Promise((resolve, reject) => {
    const child = fork(entryUrl('compute'), { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    let words = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (words += text))
    let outcome: TrainJobResult | Error | null = null
    const timer = killAfter === null ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter)
    child.on('message', (message: FromCompute) => {
      if (message.kind === 'event') return
      outcome =
        message.kind === 'result' ? (message.result as TrainJobResult) : new Error(JSON.stringify(message.error))
      child.kill('SIGKILL')
    })
    child.on('close', (_, signal) => {
      clearTimeout(timer)
      if (outcome instanceof Error) reject(outcome)
      else if (outcome !== null || signal === 'SIGKILL') resolve(outcome)
      else reject(new Error(`the compute process ended by itself: ${words}`))
    })
    child.send({ kind: 'start', id: 1, job: trainJob.name, input } satisfies ToCompute)
  })
}

/** All that must be the same to the last bit: what was learned, what was measured of it, and the finished model. */
export interface Remains {
  readonly last: ReadonlyMap<string, Float32Array>
  readonly best: ReadonlyMap<string, Float32Array>
  readonly history: readonly EpochMetrics[]
  readonly steps: StepSeries | null
  readonly details: readonly EpochDetail[]
  readonly model: Buffer
  readonly predictions: TrainJobResult['predictions']
}

export function remainsOf({ directory }: TrainJobInput, { predictions }: TrainJobResult): Remains {
  const { position, best, last } = readCheckpoint(directory)
  return {
    last,
    best: best?.values ?? new Map(),
    history: untimed(position.history),
    steps: readSteps(directory),
    details: position.details,
    model: readFileSync(join(directory, 'model', 'model.onnx')),
    predictions,
  }
}

/**
 * Begins runs, kills each at random moments and takes it up again until it is done, for as many kills as are asked. How
 * long a process lives is drawn from the shortest life of a whole run so far: the first is often the slowest (it is the
 * one that times convolutions, and other programs come and go), and most later ones would end before they are killed.
 */
export async function killAndResume(options: {
  kills: number
  /** The input of a further run, in a folder of its own. */
  inputOf: (run: number) => TrainJobInput
  /** Milliseconds that the undisturbed run took. */
  lifetime: number
  /** A run has come to its end. */
  ended: (remains: Remains, killed: number) => void
}): Promise<void> {
  const { kills, inputOf, ended } = options
  let { lifetime } = options
  for (let [killed, run] = [0, 1]; killed < kills; run++) {
    const input = inputOf(run)
    let result: TrainJobResult | null = null
    for (let [attempt, before] = [0, killed]; result === null; attempt++) {
      const began = performance.now()
      const killAfter = killed < kills ? lifetime * Math.random() : null
      result = await trainUntilKilled({ ...input, resumes: attempt > 0 }, killAfter)
      if (attempt === 0 && result !== null) lifetime = Math.min(lifetime, performance.now() - began)
      if (result === null) killed++
      else ended(remainsOf(input, result), killed - before)
    }
  }
}

/** Everything that a run must remember: drop-out, averages, gathered gradients, a schedule, patience. */
export const everything: Partial<TrainSettings> = {
  epochs: 12,
  batchSize: 4,
  accumulation: 2,
  dropout: 0.2,
  ema: 0.9,
  clipNorm: 1,
  patience: 9,
  monitor: 'macroF1',
}
