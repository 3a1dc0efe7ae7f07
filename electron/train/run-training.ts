import { FleuronError } from '../../shared/errors.ts'
import { createModel, preprocessingOf, WeightsError } from '../engine/index.ts'
import { readCheckpoint } from './checkpoint.ts'
import { serveJob, type JobContext, type JobHandler, type ServedJob } from './compute-protocol.ts'
import { finishRun, type Outcome } from './finish.ts'
import { openFrozenTrainer } from './frozen.ts'
import { openInputPipeline } from './input-pipeline.ts'
import { createProgressReporter } from './progress.ts'
import { openScratchTrainer } from './scratch.ts'
import { finishJob, trainJob, type TrainJobEvent, type TrainJobInput, type TrainJobResult } from './train-job.ts'
import type { RunTools, Trainer } from './trainer.ts'

type TrainHandler = JobHandler<TrainJobInput, TrainJobEvent, TrainJobResult>

/** Decoded photos kept in memory while training from scratch, bytes: each is looked at once an epoch. */
const decodedCache = 384 * 1024 * 1024

const openTrainer = (tools: RunTools): Promise<Trainer> => {
  switch (tools.input.settings.mode) {
    case 'scratch':
      return openScratchTrainer(tools)
    case 'frozen':
      return openFrozenTrainer(tools)
  }
}

/** Trains, or takes up what a run left behind, and finishes the model. */
async function carryOut(
  input: TrainJobInput,
  context: JobContext<TrainJobEvent>,
  learn: (trainer: Trainer) => Promise<Outcome & { best: ReadonlyMap<string, Float32Array> }>,
): Promise<TrainJobResult> {
  const { imageSize, dropout, mode, epochs } = input.settings
  const model = createModel(input.settings.model, {
    classes: input.classes.length,
    inputSize: [imageSize, imageSize],
    dropout,
  })
  const progress = createProgressReporter({
    run: input.run.id,
    epochs,
    expected: input.expected,
    emit: (value, done, total) => context.emit({ kind: 'progress', progress: value, done, total }),
  })
  progress.begin('preparing', 'Preparing', 0)
  const pipeline = openInputPipeline({
    imageSize,
    resizeTo: preprocessingOf(model).resizeShorterSideTo,
    cacheBytes: mode === 'scratch' ? decodedCache : 0,
    onUnreadable: ({ id }, reason) => context.emit({ kind: 'unreadable', photo: id, reason }),
  })
  try {
    const tools: RunTools = { input, model, pipeline, context, progress }
    await using trainer = await openTrainer(tools)
    const outcome = await learn(trainer)
    const result = await finishRun(tools, await trainer.complete(outcome.best), outcome)
    return { ...result, speeds: trainer.speeds }
  } catch (error) {
    throw inWords(error)
  } finally {
    await pipeline.close()
  }
}

/** Faults of others that the user can do something about. */
function inWords(error: unknown): unknown {
  if (error instanceof WeightsError) return new FleuronError('unreadable', error.message, { cause: error })
  if (error instanceof Error && /bad.?alloc|allocate memory|out of memory/i.test(error.message)) {
    return new FleuronError(
      'compute-failed',
      'There was not enough memory for this training; choose a smaller batch or smaller photos.',
      { details: error.message, cause: error },
    )
  }
  return error
}

const runTraining: TrainHandler = (input, context) =>
  carryOut(input, context, async (trainer) => {
    const { bestEpoch, best, ended, error } = await trainer.learn()
    return { bestEpoch, best, ended, error }
  })

const finishInterrupted: TrainHandler = (input, context) =>
  carryOut(input, context, async () => {
    const { bestEpoch, best } = readCheckpoint(input.directory)
    return { bestEpoch, best, ended: 'failed', error: null }
  })

export const runningJobs: readonly ServedJob[] = [
  serveJob(trainJob, runTraining),
  serveJob(finishJob, finishInterrupted),
]
