import { FleuronError } from '../../../shared/errors.ts'
import type { RateSearch } from '../../../shared/training.ts'
import type { Execution, TrainingSession } from '../../engine/index.ts'
import { hasCheckpoint, readCheckpoint, removeCheckpoint, type Checkpoint } from './checkpoint.ts'
import { chooseWatched } from './epoch-detail.ts'
import { isOutOfMemory } from './memory-failure.ts'
import { searchRate } from '../rate/rate-search.ts'
import { executionOf } from '../settings/execution-of-settings.ts'
import { readBasis, writeBasis } from '../run/run-execution.ts'
import { halved, stepShape, type StepShape } from './step-shape.ts'
import { runEpochs, type LoopOptions, type LoopResult } from './train-loop.ts'
import type { RunTools } from './trainer.ts'

/** What there is to learn from, and how. */
export interface Lesson {
  /** Photos or rows of features of an epoch. */
  readonly samples: number
  /** Hash of the pretrained weights; null without. */
  readonly weightsHash: string | null
  readonly open: (shape: StepShape, execution: Partial<Execution>) => Promise<TrainingSession>
  readonly batches: (shape: StepShape, epoch: number, from: number) => ReturnType<LoopOptions['batches']>
  readonly validate: (session: TrainingSession) => ReturnType<LoopOptions['validate']>
}

/** A session that a run learns in, opened when it is first needed. */
export interface Learning extends AsyncDisposable {
  learn(): Promise<LoopResult>
  /** Tries rising learning rates on a session of its own, and leaves nothing behind. */
  searchRate(told: (points: RateSearch['points']) => void): Promise<RateSearch>
  session(): Promise<TrainingSession>
}

/** Begins a run or takes it up where it was left, and lets it go on with smaller passes when memory runs out. */
export function createLearning({ input, context, progress }: RunTools, lesson: Lesson): Learning {
  const { settings, directory, classes, photos } = input
  const basis = readBasis(directory)
  if (basis !== null && basis.weightsHash !== lesson.weightsHash) throw otherWeights()
  // A run that was taken from its device computes as a new one does.
  const begun = basis?.execution.device === input.device ? basis.execution : null
  let shape = stepShape(lesson.samples, settings)
  for (let halving = 0; halving < input.halvings; halving++) shape = halved(shape) ?? shape
  let opened: TrainingSession | null = null

  const close = async (): Promise<void> => {
    await opened?.close()
    opened = null
  }
  const session = async (): Promise<TrainingSession> => {
    if (opened !== null) return opened
    opened = await lesson.open(shape, begun ?? executionOf(input))
    if (begun === null) writeBasis(directory, { execution: opened.execution, weightsHash: lesson.weightsHash })
    return opened
  }

  /** The checkpoint in terms of passes of today's size. */
  function leftOff(): Checkpoint | null {
    if (!hasCheckpoint(directory)) return null
    const checkpoint = readCheckpoint(directory)
    const { position } = checkpoint
    for (let half = halved(shape); shape.batchSize > position.batchSize && half !== null; half = halved(shape)) {
      shape = half
    }
    const smaller = Math.round(position.batchSize / shape.batchSize)
    const epoch = position.epoch && { ...position.epoch, place: position.epoch.place * smaller }
    return { ...checkpoint, position: { ...position, epoch } }
  }

  async function attempt(): Promise<LoopResult> {
    const resumed = leftOff()
    const own = await session()
    if (resumed !== null) {
      const { history, details } = resumed.position
      context.emit({ kind: 'resumed', history, details, bestEpoch: resumed.best?.epoch ?? null })
      // What a plan of other passes has not got, or has beside, begins at nothing.
      await own.writeState(new Map([...(await own.readState()), ...resumed.last]))
    }
    const { stepsPerEpoch, batchSize } = shape
    const done = resumed === null ? 0 : samplesDone(resumed, shape)
    progress.begin('training', 'Training', settings.epochs * stepsPerEpoch * batchSize * shape.accumulation, done)
    return runEpochs({
      session: own,
      settings,
      ...shape,
      classes: classes.length,
      batches: (epoch, from) => lesson.batches(shape, epoch, from),
      validate: () => lesson.validate(own),
      watched: chooseWatched(photos.validation, settings.seed),
      directory,
      checkpointSeconds: input.checkpointSeconds,
      resumed,
      context,
      progress,
    })
  }

  return {
    session,
    async searchRate(told) {
      const own = await lesson.open(shape, executionOf(input))
      try {
        const batches = (epoch: number) => lesson.batches(shape, epoch, 0)
        return await searchRate({ session: own, seed: settings.seed, batches, breathe: context.breathe, told })
      } finally {
        await own.close()
      }
    },
    async learn() {
      if (!input.resumes) removeCheckpoint(directory)
      for (;;) {
        try {
          return await attempt()
        } catch (error) {
          const smaller = isOutOfMemory(error) ? halved(shape) : null
          if (smaller === null) throw error
          await close()
          shape = smaller
          context.emit({ kind: 'note', text: smallerPasses(shape) })
        }
      }
    },
    [Symbol.asyncDispose]: close,
  }
}

const samplesDone = ({ position }: Checkpoint, { batchSize, accumulation, stepsPerEpoch }: StepShape): number =>
  position.history.length * stepsPerEpoch * accumulation * batchSize + (position.epoch?.place ?? 0) * batchSize

const smallerPasses = ({ batchSize, accumulation }: StepShape): string =>
  `Memory ran out, so each step now takes ${accumulation} passes of ${batchSize} photos: the same recipe, a little slower.`

const otherWeights = (): FleuronError =>
  new FleuronError(
    'conflict',
    'The pretrained weights are not those that this run began with; put the former file back, or train anew.',
  )
