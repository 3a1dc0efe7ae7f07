import { availableParallelism } from 'node:os'
import { FleuronError } from '../../shared/errors.ts'
import { openSession, type Session } from '../engine/index.ts'
import { decide } from '../evaluate/rejector.ts'
import { serveJob, type JobHandler } from '../train/compute/compute-protocol.ts'
import { openInputPipeline } from '../train/loop/input-pipeline.ts'
import {
  classifyJob,
  type Classified,
  type ClassifyEvent,
  type ClassifyInput,
  type Unreadable,
} from './classify-job.ts'

/** Large enough to keep the processor busy, small enough for little memory and for progress that moves. */
const BATCH = 16
/** As many threads as cores: models on bytes look at photos faster than half of the cores read them. */
const readers = (): number => Math.min(8, availableParallelism())
/** Classes that are told of each photo, with their probabilities. */
const TOP = 5

/** Classifies photos and tells batch by batch what it found; one that cannot be read is told and passed over. */
export const classifyPhotos: JobHandler<ClassifyInput, ClassifyEvent, null> = async (input, context) => {
  const { model } = input
  const { imageSize } = model.size
  let unreadable: Unreadable[] = []
  const photos = input.photos.map((path, index) => ({ id: String(index), path, label: -1 }))
  const pipeline = openInputPipeline({
    ...model.size,
    workers: readers(),
    onUnreadable: ({ id }, reason) => void unreadable.push({ index: Number(id), reason }),
  })
  const tell = (classified: Classified[]): void => {
    if (classified.length + unreadable.length > 0) context.emit({ classified, unreadable })
    unreadable = []
  }
  try {
    // Opened after the pipeline: its threads start meanwhile.
    const session = await openModel(model.path)
    try {
      for await (const { count, images, indices } of pipeline.viewBatches({
        photos,
        batchSize: BATCH,
        signal: context.signal,
      })) {
        const outputs = await run(session, images, [count, 3, imageSize, imageSize], model)
        tell(Array.from(indices, (index, row) => readRow(index, row, outputs, model)))
        await context.breathe()
      }
      tell([])
    } finally {
      await session.close()
    }
  } finally {
    await pipeline.close()
  }
  return null
}

export const fieldJobs = [serveJob(classifyJob, classifyPhotos)]

interface Outputs {
  /** [count, classes] */
  readonly probabilities: Float32Array
  /** [count] */
  readonly scores: Float32Array
}

async function openModel(path: string): Promise<Session> {
  try {
    return await openSession(path)
  } catch (error) {
    throw cannotRun(error)
  }
}

async function run(
  session: Session,
  images: Float32Array,
  shape: readonly [number, number, number, number],
  { classes }: ClassifyInput['model'],
): Promise<Outputs> {
  let outputs: Awaited<ReturnType<Session['run']>>
  try {
    outputs = await session.run({ image: { data: images, shape } })
  } catch (error) {
    throw cannotRun(error)
  }
  const probabilities = outputs['probability']?.data
  const scores = outputs['score']?.data
  const [count] = shape
  if (
    !(probabilities instanceof Float32Array && scores instanceof Float32Array) ||
    probabilities.length !== count * classes.length ||
    scores.length !== count
  ) {
    throw cannotRun(new Error(`its outputs are ${Object.keys(outputs).join(', ')}`))
  }
  return { probabilities, scores }
}

const cannotRun = (cause: unknown): FleuronError =>
  new FleuronError('unreadable', 'This model does not run; export it again or choose another.', {
    details: cause instanceof Error ? cause.message : String(cause),
    cause,
  })

function readRow(index: number, row: number, outputs: Outputs, model: ClassifyInput['model']): Classified {
  const classes = model.classes.length
  const probabilities = outputs.probabilities.slice(row * classes, (row + 1) * classes)
  const known = outputs.scores[row] as number
  const top = [...probabilities.keys()]
    .sort((a, b) => (probabilities[b] as number) - (probabilities[a] as number))
    .slice(0, TOP)
    .map((place) => ({ class: model.classes[place] as string, probability: probabilities[place] as number }))
  const [first] = top as [(typeof top)[number]]
  return {
    index,
    class: first.class,
    probability: first.probability,
    decision: decide(model.thresholds, known, first.probability),
    known,
    top,
    probabilities,
  }
}
