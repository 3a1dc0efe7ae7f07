import { FleuronError, type ErrorValue } from '../../shared/errors.ts'
import type { EpochMetrics, TrainSettings } from '../../shared/training.ts'
import { sizeOf, stream, type Schedule, type TrainingSession } from '../engine/index.ts'
import { accuracy } from '../evaluate/classification.ts'
import { matrix, type Matrix } from '../evaluate/matrix.ts'
import { logLoss } from '../evaluate/probability-metrics.ts'
import { predictions } from '../evaluate/softmax.ts'
import { writeCheckpoint } from './checkpoint.ts'
import type { JobContext } from './compute-protocol.ts'
import { createEarlyStopping } from './early-stopping.ts'
import type { ProgressReporter } from './progress.ts'
import { scheduleOf } from './schedule.ts'

/** One batch of the planned size. */
export interface LoopBatch {
  readonly inputs: Float32Array
  readonly labels: Int32Array
}

export interface LoopOptions {
  readonly session: TrainingSession
  readonly settings: TrainSettings
  readonly stepsPerEpoch: number
  readonly batches: (epoch: number) => AsyncIterable<LoopBatch> | Iterable<LoopBatch>
  /** Logits and labels of the validation photos, with the weights of the moment. */
  readonly validate: () => Promise<{ logits: Matrix; labels: ArrayLike<number> }>
  /** Folder of the run, for checkpoints. */
  readonly directory: string
  readonly context: Pick<JobContext<unknown>, 'breathe' | 'stop'>
  readonly progress: ProgressReporter
}

export interface LoopResult {
  readonly bestEpoch: number
  /** All that learned, as it was after the best epoch. */
  readonly best: ReadonlyMap<string, Float32Array>
  /** How it came to an end; early stopping is a regular end. */
  readonly ended: 'finished' | 'stopped' | 'failed'
  /** Why training failed after its best epoch; null otherwise. */
  readonly error: ErrorValue | null
  /** Photos per second, validation apart; null when no epoch was completed. */
  readonly imagesPerSecond: number
}

/** Checkpoints cost a flush of the disk, so epochs of a few milliseconds share one. */
const checkpointInterval = 1000
/** A mean loss this many times that of pure guessing, after the first epoch, is no longer learning. */
const divergedTimes = 10

/** The best epoch so far. */
interface Best {
  epoch: number
  loss: number
  values: Map<string, Float32Array>
}

/**
 * Trains to the end of the schedule, or until the validation loss has long stopped falling, the user says stop, or the
 * loss is no number any more; in every case the best epoch is what is kept.
 * @throws FleuronError 'cancelled'; 'compute-failed' when it goes wrong before the first epoch is complete
 */
export async function runEpochs(options: LoopOptions): Promise<LoopResult> {
  const { session, settings, stepsPerEpoch, directory, progress } = options
  const rate = scheduleOf(settings, stepsPerEpoch)
  const stopping = createEarlyStopping(settings.patience)
  let best: Best | null = null
  let lastCheckpoint = -Infinity
  let [trained, trainSeconds] = [0, 0]

  const result = (ended: LoopResult['ended'], error: ErrorValue | null = null): LoopResult => {
    if (best === null) throw error === null ? stoppedTooEarly() : FleuronError.fromValue(error)
    const imagesPerSecond = trained / Math.max(trainSeconds, 1e-3)
    return { bestEpoch: best.epoch, best: best.values, ended, error, imagesPerSecond }
  }

  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    const began = performance.now()
    const train = await trainEpoch(options, epoch, rate)
    const seconds = (performance.now() - began) / 1000
    if (train === 'stopped') return result('stopped')
    if (train === 'diverged') return result('failed', divergence(settings, epoch, best !== null))

    trained += train.images
    trainSeconds += seconds
    const { logits, labels } = await options.validate()
    if (labels.length === 0) throw noneReadable('validation')
    const validationLoss = logLoss(logits, labels)
    if (!Number.isFinite(validationLoss)) return result('failed', divergence(settings, epoch, best !== null))
    const { improved, exhausted } = stopping.observe(epoch, validationLoss)
    if (improved) best = { epoch, loss: validationLoss, values: learnedValues(session) }
    const metrics: EpochMetrics = {
      epoch,
      trainLoss: train.loss,
      trainAccuracy: train.accuracy,
      validationLoss,
      validationAccuracy: accuracy(labels, predictions(logits)),
      learningRate: train.learningRate,
      seconds: (performance.now() - began) / 1000,
      imagesPerSecond: train.images / Math.max(seconds, 1e-3),
    }
    const last = exhausted || epoch === settings.epochs
    if (last || performance.now() - lastCheckpoint >= checkpointInterval) saveCheckpoint(epoch)
    progress.epochEnded(metrics, best?.epoch ?? null)
    if (last) break
  }
  return result('finished')

  function saveCheckpoint(epoch: number): void {
    if (best === null || epoch < 1) return
    writeCheckpoint(directory, {
      epoch,
      bestEpoch: best.epoch,
      bestLoss: best.loss,
      best: best.values,
      last: session.readState(),
    })
    lastCheckpoint = performance.now()
  }
}

interface EpochTotals {
  images: number
  loss: number
  accuracy: number
  /** Of the last step. */
  learningRate: number
}

async function trainEpoch(
  { session, settings, stepsPerEpoch, batches, context, progress }: LoopOptions,
  epoch: number,
  rate: Schedule,
): Promise<EpochTotals | 'stopped' | 'diverged'> {
  let [step, images, lossSum, right, learningRate] = [0, 0, 0, 0, 0]
  for await (const { inputs, labels } of batches(epoch)) {
    await context.breathe()
    if (context.stop.aborted) return 'stopped'
    learningRate = rate((epoch - 1) * stepsPerEpoch + step)
    const result = await session.step(
      { inputs, targets: labels },
      {
        learningRate,
        random: (purpose, shape) =>
          stream({ seed: settings.seed, epoch, step, purpose }).fillUniform(new Float32Array(sizeOf(shape))),
      },
    )
    // Measured without label smoothing, so that the curves of training and validation can be compared.
    const logits = matrix(result.logits, result.logits.length / labels.length)
    const loss = logLoss(logits, labels)
    if (!Number.isFinite(result.loss) || !Number.isFinite(loss)) return 'diverged'
    step++
    images += labels.length
    lossSum += loss * labels.length
    right += accuracy(labels, predictions(logits)) * labels.length
    progress.advance(labels.length, { epoch, batch: step, batches: stepsPerEpoch, loss })
    if (epoch > 1 && lossSum / images > divergedTimes * Math.log(logits.columns) && step === stepsPerEpoch) {
      return 'diverged'
    }
  }
  if (images === 0) throw noneReadable('training')
  return { images, loss: lossSum / images, accuracy: right / images, learningRate }
}

/** A copy of everything that training has changed in the model; what the optimiser remembers is left out. */
function learnedValues(session: TrainingSession): Map<string, Float32Array> {
  const changed = session.readState()
  return new Map(
    [...session.parameters().keys()].flatMap((name) => {
      const values = changed.get(name)
      return values === undefined ? [] : [[name, values] as const]
    }),
  )
}

const divergence = ({ learningRate }: TrainSettings, epoch: number, hasBest: boolean): ErrorValue => ({
  code: 'compute-failed',
  message:
    `Training went astray in epoch ${epoch}: at a learning rate of ${learningRate} the loss grew beyond all measure; ` +
    `${hasBest ? 'the best epoch before it is kept, ' : ''}try a rate of ${Number((learningRate / 10).toPrecision(2))}.`,
})

export const noneReadable = (which: 'training' | 'validation'): FleuronError =>
  new FleuronError('unreadable', `None of the ${which} photos could be read; check that their folder is there.`)

const stoppedTooEarly = (): FleuronError =>
  new FleuronError('not-ready', 'The run was stopped before its first epoch was complete, so it has no model.')
