import type { TrainingSession } from '../../engine/index.ts'
import { matrix } from '../../evaluate/matrix.ts'
import type { JobContext } from '../compute/compute-protocol.ts'
import { isDiverged, noneReadable } from './divergence.ts'
import { withBatch, type EpochSums } from './epoch-tally.ts'
import { randomOf, seenAs, type Mixed } from './mixed-batch.ts'
import type { ProgressReporter } from './progress.ts'

/** One batch of the planned size. */
export interface LoopBatch {
  readonly inputs: Float32Array
  readonly labels: Int32Array
  /** Which batch of the epoch it is, from 0. */
  readonly place: number
  /** Of a run that mixes photos. */
  readonly mixed?: Mixed | undefined
}

export interface EpochOptions {
  readonly session: TrainingSession
  readonly seed: number
  readonly epoch: number
  /** Steps of the optimiser in an epoch. */
  readonly stepsPerEpoch: number
  /** Batches that make a step. */
  readonly accumulation: number
  /** The rate of a step of this epoch, counted from 0. */
  readonly rate: (step: number) => number
  /** The batches of the epoch from this place on. */
  readonly batches: (from: number) => AsyncIterable<LoopBatch> | Iterable<LoopBatch>
  readonly context: Pick<JobContext<unknown>, 'breathe' | 'stop'>
  readonly progress: ProgressReporter
  /** Called after every step of the optimiser, with the mean loss of its photos: a moment at which a run can be taken up again. */
  readonly stepped: (sums: EpochSums, loss: number) => Promise<void>
}

/** How an epoch came to its end, and what was summed up until then. */
export interface EpochEnd {
  readonly how: 'complete' | 'stopped' | 'paused' | 'diverged'
  readonly sums: EpochSums
}

/** Seconds. */
const since = (time: number): number => (performance.now() - time) / 1000

/** Trains one epoch, or what is left of it after `sums`. */
export async function trainEpoch(options: EpochOptions, before: EpochSums): Promise<EpochEnd> {
  const { session, seed, epoch, stepsPerEpoch, accumulation, rate, batches, context, progress, stepped } = options
  const began = performance.now()
  let sums = before
  let betweenSteps = true
  let [lossOfStep, batchesOfStep] = [0, 0]
  let waitingSince = began
  const timed = (): EpochSums => ({ ...sums, seconds: before.seconds + since(began) })

  for await (const { inputs, labels, place, mixed } of batches(before.place)) {
    const inputSeconds = sums.inputSeconds + since(waitingSince)
    await context.breathe()
    if (context.stop.aborted) {
      const pausing = context.stop.reason === 'pause'
      if (!pausing) return { how: 'stopped', sums: timed() }
      // Between two batches of one step there is nothing to go on from.
      if (betweenSteps) return { how: 'paused', sums: timed() }
    }
    const learningRate = rate(Math.floor(place / accumulation))
    const computing = performance.now()
    const result = await session.step(
      { inputs, targets: mixed?.targets ?? labels },
      { learningRate, random: randomOf({ seed, epoch, step: place }, mixed) },
    )
    const computeSeconds = sums.computeSeconds + since(computing)
    const logits = matrix(result.logits, result.logits.length / labels.length)
    const { labels: seen, loss } = seenAs(logits, labels, mixed)
    if (!Number.isFinite(result.loss) || !Number.isFinite(loss)) return { how: 'diverged', sums: timed() }
    const counted = withBatch(sums, logits, seen, loss)
    betweenSteps = result.updated
    lossOfStep += loss
    batchesOfStep++
    sums = {
      ...counted,
      place: place + 1,
      inputSeconds,
      computeSeconds,
      learningRate,
      steps: sums.steps + Number(betweenSteps),
      gradientNorm: sums.gradientNorm + (betweenSteps ? result.gradientNorm : 0),
    }
    const batch = Math.floor(place / accumulation) + 1
    progress.advance(labels.length, { epoch, batch, batches: stepsPerEpoch, loss })
    if (betweenSteps) {
      await stepped(timed(), lossOfStep / batchesOfStep)
      ;[lossOfStep, batchesOfStep] = [0, 0]
    }
    waitingSince = performance.now()
  }
  if (sums.images === 0) throw noneReadable('training')
  const diverged = isDiverged(epoch, sums.loss / sums.images, sums.confusion.length)
  return { how: diverged ? 'diverged' : 'complete', sums: timed() }
}
