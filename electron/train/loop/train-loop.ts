import { FleuronError, type ErrorValue } from '../../../shared/errors.ts'
import type { EpochDetail } from '../../../shared/epoch-detail.ts'
import type { EpochMetrics, TrainSettings } from '../../../shared/training.ts'
import type { TrainingSession } from '../../engine/index.ts'
import { writeCheckpoint, type BestEpoch, type Checkpoint } from './checkpoint.ts'
import type { JobContext } from '../compute/compute-protocol.ts'
import { divergence, noneReadable, stoppedTooEarly } from './divergence.ts'
import { createEarlyStopping } from '../../../shared/early-stopping.ts'
import { detailOf, type Validation } from './epoch-detail.ts'
import { noSums, scoresOf, scoresOfLogits, type EpochSums, type Scores } from './epoch-tally.ts'
import { learnedValues } from './learned-values.ts'
import type { ProgressReporter } from './progress.ts'
import { rateOf } from './schedule.ts'
import { recordSteps } from './step-series.ts'
import { trainEpoch, type LoopBatch } from './train-epoch.ts'

export interface LoopOptions {
  readonly session: TrainingSession
  readonly settings: TrainSettings
  /** Photos of one pass through the network, and passes that make a step. */
  readonly batchSize: number
  readonly accumulation: number
  readonly stepsPerEpoch: number
  readonly classes: number
  /** The batches of an epoch from a place on, counted from 0. */
  readonly batches: (epoch: number, from: number) => AsyncIterable<LoopBatch> | Iterable<LoopBatch>
  /** What the weights of the moment make of the validation photos. */
  readonly validate: () => Promise<Validation>
  /** Ids of the validation photos that are looked at one by one. */
  readonly watched: readonly string[]
  /** Folder of the run, for checkpoints. */
  readonly directory: string
  /** Seconds between two checkpoints within an epoch. */
  readonly checkpointSeconds: number
  /** Where the run was left; the session has its values already. Null: it begins. */
  readonly resumed: Checkpoint | null
  readonly context: Pick<JobContext<unknown>, 'breathe' | 'stop'>
  readonly progress: ProgressReporter
}

export interface LoopResult {
  /** How it came to an end; early stopping and the end of the time are regular ends. */
  readonly ended: 'finished' | 'stopped' | 'failed' | 'paused'
  /** All that learned, as it was after the best epoch; null only when the run was paused before there was one. */
  readonly best: BestEpoch | null
  /** Why training failed after its best epoch; null otherwise. */
  readonly error: ErrorValue | null
  /** Photos per second, validation apart. */
  readonly imagesPerSecond: number
}

/** Checkpoints cost a flush of the disk, so epochs of a few milliseconds share one. */
const shortestInterval = 1

/**
 * Trains to the end of the schedule, or until the metric that is watched has long stopped improving, the time is up,
 * the user says stop or pause, or the loss is no number any more. The best epoch is what is kept; a checkpoint is
 * written after every epoch and now and then within one.
 *
 * Everything that decides how a run goes on is in its checkpoint, or follows from the history there (early stopping,
 * the rate), or is a function of seed, epoch and place: a run taken up again goes on bit for bit.
 * @throws FleuronError 'cancelled'; 'compute-failed' when it goes wrong before the first epoch is complete
 */
export async function runEpochs(options: LoopOptions): Promise<LoopResult> {
  const { session, settings, stepsPerEpoch, batchSize, directory, resumed, progress } = options
  const rate = rateOf(settings, stepsPerEpoch)
  const stopping = createEarlyStopping(settings)
  const history: EpochMetrics[] = []
  const details: EpochDetail[] = [...(resumed?.position.details ?? [])]
  const remember = (metrics: EpochMetrics): boolean => {
    history.push(metrics)
    rate.epochEnded(metrics)
    return stopping.observe(metrics)
  }
  resumed?.position.history.forEach(remember)
  let best = resumed?.best ?? null
  let seconds = resumed?.position.seconds ?? 0
  let [trained, trainSeconds] = [0, 0]
  let lastCheckpoint = performance.now()
  const steps = recordSteps(directory, {
    epochs: settings.epochs,
    stepsPerEpoch,
    after: stepsDone(resumed, stepsPerEpoch),
  })

  const save = async (epoch: EpochSums | null): Promise<void> => {
    const position = { history, details, epoch, seconds: seconds + (epoch?.seconds ?? 0), batchSize }
    const last = await session.readState()
    steps.save()
    writeCheckpoint(directory, { position, best, last })
    lastCheckpoint = performance.now()
  }
  const saveAfter = async (wait: number, epoch: EpochSums | null): Promise<void> => {
    if (performance.now() - lastCheckpoint >= Math.min(wait, options.checkpointSeconds) * 1000) await save(epoch)
  }
  const result = (ended: LoopResult['ended'], error: ErrorValue | null = null): LoopResult => {
    steps.save()
    if (best === null && ended !== 'paused') throw error === null ? stoppedTooEarly() : FleuronError.fromValue(error)
    return { best, ended, error, imagesPerSecond: trained / Math.max(trainSeconds, 1e-3) }
  }
  const isOver = (): boolean => history.length >= settings.epochs || stopping.exhausted || timeIsUp(settings, history)

  let sums = resumed?.position.epoch ?? noSums(options.classes)
  while (!isOver()) {
    const epoch = history.length + 1
    const firstStep = (epoch - 1) * stepsPerEpoch
    const [imagesBefore, secondsBefore] = [sums.images, sums.seconds]
    const end = await trainEpoch(
      {
        ...options,
        seed: settings.seed,
        epoch,
        rate: (step) => rate.at(firstStep + step),
        batches: (from) => options.batches(epoch, from),
        stepped: (now, loss) => {
          steps.add(firstStep + now.steps, loss, now.learningRate)
          return saveAfter(Infinity, now)
        },
      },
      sums,
    )
    sums = end.sums
    if (end.how === 'stopped') return result('stopped')
    if (end.how === 'diverged') return result('failed', divergence(settings, epoch, best !== null))
    if (end.how === 'paused') {
      await save(sums.place === 0 ? null : sums)
      return result('paused')
    }
    trained += sums.images - imagesBefore
    trainSeconds += sums.seconds - secondsBefore
    const began = performance.now()
    const seen = await options.validate()
    const { logits, labels } = seen
    if (labels.length === 0) throw noneReadable('validation')
    const validation = scoresOfLogits(logits, labels)
    if (!Number.isFinite(validation.loss)) return result('failed', divergence(settings, epoch, best !== null))
    const whole = sums.seconds + (performance.now() - began) / 1000
    const metrics = metricsOf(epoch, sums, validation, whole)
    if (remember(metrics)) best = { epoch, values: await learnedValues(session, settings.ema > 0) }
    const detail = detailOf(epoch, seen, options.watched)
    details.push(detail)
    seconds += whole
    sums = noSums(options.classes)
    // From the first epoch on there is something to keep.
    if (isOver() || epoch === 1) await save(null)
    else await saveAfter(shortestInterval, null)
    progress.epochEnded(metrics, detail, best?.epoch ?? null)
  }
  return result('finished')
}

/** Steps of the optimiser that lie behind a checkpoint. */
const stepsDone = (resumed: Checkpoint | null, stepsPerEpoch: number): number =>
  (resumed?.position.history.length ?? 0) * stepsPerEpoch + (resumed?.position.epoch?.steps ?? 0)

function metricsOf(epoch: number, sums: EpochSums, validation: Scores, seconds: number): EpochMetrics {
  const train = scoresOf(sums)
  return {
    epoch,
    trainLoss: train.loss,
    trainAccuracy: train.accuracy,
    trainMacroF1: train.macroF1,
    validationLoss: validation.loss,
    validationAccuracy: validation.accuracy,
    validationMacroF1: validation.macroF1,
    learningRate: sums.learningRate,
    gradientNorm: sums.gradientNorm / Math.max(sums.steps, 1),
    inputShare: shareOf(sums.inputSeconds, sums),
    computeShare: shareOf(sums.computeSeconds, sums),
    seconds,
    imagesPerSecond: sums.images / Math.max(sums.seconds, 1e-3),
  }
}

/** Null for an epoch that an older version began, which did not measure this. */
function shareOf(part: number, { seconds }: EpochSums): number | null {
  const share = part / Math.max(seconds, 1e-3)
  return Number.isFinite(share) ? share : null
}

/** An epoch that would end after the time is up is not begun. */
function timeIsUp({ timeBudget }: TrainSettings, history: readonly EpochMetrics[]): boolean {
  if (timeBudget === 0 || history.length === 0) return false
  const spent = history.reduce((sum, { seconds }) => sum + seconds, 0)
  return spent + spent / history.length > timeBudget * 60
}
