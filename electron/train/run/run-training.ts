import { decoderThreads } from '../../dataset/decoder-pool.ts'
import { DecodedPhotos } from '../../dataset/decoded-photos.ts'
import type { InputSize } from '../../dataset/decoder-protocol.ts'
import { FleuronError } from '../../../shared/errors.ts'
import type { RateSearch } from '../../../shared/training.ts'
import { checkDevice, preprocessingOf, WeightsError } from '../../engine/index.ts'
import { readCheckpoint } from '../loop/checkpoint.ts'
import { serveJob, type JobContext, type JobHandler, type ServedJob } from '../compute/compute-protocol.ts'
import { deviceWords } from '../devices/device-words.ts'
import { stoppedTooEarly } from '../loop/divergence.ts'
import { finishRun, type Outcome } from './finish.ts'
import { openFrozenTrainer } from '../loop/frozen.ts'
import { openInputPipeline } from '../loop/input-pipeline.ts'
import { modelOf } from '../settings/model-of-settings.ts'
import { createProgressReporter } from '../loop/progress.ts'
import { isOutOfMemory } from '../loop/memory-failure.ts'
import { openNetworkTrainer } from '../loop/network.ts'
import {
  finishJob,
  searchRateJob,
  trainJob,
  type PausedResult,
  type SearchEvent,
  type TrainJobEvent,
  type TrainJobInput,
  type TrainJobResult,
} from './train-job.ts'
import type { RunTools, Trainer } from '../loop/trainer.ts'

/** How training came to its end, with the values of its best epoch. */
type Learned = Outcome & { readonly best: ReadonlyMap<string, Float32Array> }

/** Decoded photos, 384 MB at most: looked at once an epoch, and by the next run of the same photos. */
const decoded = new DecodedPhotos(384 * 1024 * 1024)
/** How long they wait for that next run, milliseconds. */
const patience = 10 * 60_000
let forgetting: NodeJS.Timeout | undefined

/** What the run before has decoded, as far as this one can use it. */
function keptFor({ photos }: TrainJobInput, size: InputSize): DecodedPhotos {
  clearTimeout(forgetting)
  decoded.keepOnly(size, new Set(Object.values(photos).flatMap((some) => some.map(({ hash }) => hash))))
  return decoded
}

function forgetLater(size: InputSize): void {
  clearTimeout(forgetting)
  forgetting = setTimeout(() => decoded.keepOnly(size, new Set()), patience).unref()
}

const openTrainer = (tools: RunTools): Promise<Trainer> => {
  switch (tools.input.settings.mode) {
    case 'scratch':
    case 'finetune':
      return openNetworkTrainer(tools)
    case 'frozen':
      return openFrozenTrainer(tools)
  }
}

/** The processor takes the place of a device that does not start any more, and the run says so. */
async function withDeviceThatStarts(
  input: TrainJobInput,
  { emit }: Pick<JobContext<TrainJobEvent>, 'emit'>,
): Promise<TrainJobInput> {
  if (input.device === 'cpu') return input
  try {
    await checkDevice(input.device)
    return input
  } catch {
    const { title } = deviceWords[input.device]
    emit({ kind: 'note', text: `${title} did not start, so the run goes on on the processor.` })
    return { ...input, device: 'cpu' }
  }
}

/** Opens all that a run works with, for the length of some work. */
async function withTrainer<T>(
  asked: TrainJobInput,
  context: JobContext<TrainJobEvent>,
  work: (trainer: Trainer, tools: RunTools) => Promise<T>,
): Promise<T> {
  const input = await withDeviceThatStarts(asked, context)
  const { imageSize, mode, epochs, threads } = input.settings
  const model = modelOf(input.settings, input.classes.length)
  const progress = createProgressReporter({
    run: input.run.id,
    epochs,
    expected: input.expected,
    emit: (value, done, total) => context.emit({ kind: 'progress', progress: value, done, total }),
  })
  progress.begin('preparing', 'Preparing', 0)
  const size = { imageSize, resizeTo: preprocessingOf(model).resizeShorterSideTo }
  const pipeline = openInputPipeline({
    ...size,
    // A frozen backbone looks at each photo once and keeps what it saw.
    decoded: mode === 'frozen' ? undefined : keptFor(input, size),
    ...(threads === 0 ? {} : { workers: decoderThreads(threads) }),
    onUnreadable: ({ id }, reason) => context.emit({ kind: 'unreadable', photo: id, reason }),
  })
  try {
    const tools: RunTools = { input, model, pipeline, context, progress }
    await using trainer = await openTrainer(tools)
    return await work(trainer, tools)
  } catch (error) {
    throw inWords(error)
  } finally {
    await pipeline.close()
    forgetLater(size)
  }
}

/** Finishes the model of what was learned. */
async function finishModel(trainer: Trainer, tools: RunTools, learned: Learned): Promise<TrainJobResult> {
  const result = await finishRun(tools, await trainer.complete(learned.best), learned)
  return { ...result, speeds: trainer.speeds }
}

/** Faults of others that the user can do something about. */
function inWords(error: unknown): unknown {
  if (error instanceof WeightsError) return new FleuronError('unreadable', error.message, { cause: error })
  if (error instanceof Error && isOutOfMemory(error)) {
    return new FleuronError(
      'compute-failed',
      'There was not enough memory for this training; choose a smaller batch or smaller photos.',
      { details: error.message, cause: error },
    )
  }
  return error
}

const runTraining: JobHandler<TrainJobInput, TrainJobEvent, TrainJobResult | PausedResult> = (input, context) =>
  withTrainer(input, context, async (trainer, tools) => {
    const { best, ended, error } = await trainer.learn()
    if (ended === 'paused' || best === null) return { state: 'paused' }
    return finishModel(trainer, tools, { bestEpoch: best.epoch, best: best.values, ended, error })
  })

const finishInterrupted: JobHandler<TrainJobInput, TrainJobEvent, TrainJobResult> = (input, context) =>
  withTrainer(input, context, async (trainer, tools) => {
    const { best } = readCheckpoint(input.directory)
    if (best === null) throw stoppedTooEarly()
    const outcome = { bestEpoch: best.epoch, best: best.values, ended: 'interrupted', error: null } as const
    return finishModel(trainer, tools, outcome)
  })

const searchRate: JobHandler<TrainJobInput, SearchEvent, RateSearch> = (input, context) =>
  withTrainer(
    input,
    {
      ...context,
      emit: (event) => {
        if (event.kind === 'unreadable') context.emit(event)
      },
    },
    (trainer) => trainer.searchRate((points) => context.emit({ kind: 'points', points })),
  )

export const runningJobs: readonly ServedJob[] = [
  serveJob(trainJob, runTraining),
  serveJob(finishJob, finishInterrupted),
  serveJob(searchRateJob, searchRate),
]
