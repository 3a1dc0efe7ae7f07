import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { leastFloats, openQuantizer, openSession, type PhotoBatch } from '../../engine/index.ts'
import { mostProbable } from '../../evaluate/prediction-report.ts'
import type { JobContext } from '../compute/compute-protocol.ts'
import type { InputPhoto, InputPipeline } from '../loop/input-pipeline.ts'
import { addFasterModel, modelFiles, type FasterCard } from './model-folder.ts'
import { viewBatchSize } from '../loop/seen-photos.ts'

/** Photos that show how large the activations become. */
const calibrationPhotos = 48
/** Photos that the loss is measured on, at most. */
const measuredPhotos = 1000
/** How many in a batch while ranges are sought: what all layers put out is held in memory at once. */
const calibrationBatch = 8
/** How often each form is timed. */
const timedTurns = 4
/** Loss of accuracy above which the nodes that lose most stay in float32. */
const tolerance = 0.005

export interface FasterRequest {
  /** Model folder; its model.onnx is made faster. */
  readonly directory: string
  /** Labelled photos that the model has not learned from. */
  readonly photos: readonly InputPhoto[]
  readonly pipeline: InputPipeline
  readonly imageSize: number
  /** Whether the model is right, by the id of each photo it has seen, where that is known: they are not shown again. */
  readonly answers?: ReadonlyMap<string, boolean>
  readonly context: Pick<JobContext<unknown>, 'breathe' | 'signal'>
}

/**
 * Writes the faster form of a model beside it, with what was measured of both on the same photos. Null when there are no
 * photos to measure on that can be read, or when it would lose too much whatever stays in float32.
 */
export async function makeFasterModel(request: FasterRequest): Promise<FasterCard | null> {
  const { directory, photos, answers, context } = request
  const model = readFileSync(join(directory, modelFiles.model))
  const measured = spread(photos, measuredPhotos)
  const batches = await readBatches(request, spread(measured, calibrationPhotos))
  if (batches.length === 0) return null
  const quantizer = await openQuantizer({
    model,
    photos: async function* () {
      yield* batches
    },
    breathe: context.breathe,
  })
  const full = answers === undefined ? await look(model, measured, request) : known(answers, measured)
  let own = full
  const losing = async (bytes: Uint8Array): Promise<number> => {
    own = await look(bytes, measured, request)
    return full.accuracy - own.accuracy
  }
  const floats = await leastFloats(quantizer, losing, tolerance)
  if (floats === null) return null
  const bytes = quantizer.write(floats)
  const { method, bits, nodes } = quantizer
  const faster: FasterCard = {
    method,
    bits,
    nodes: nodes.length,
    floats: floats.size,
    speed: await timesAsFast(bytes, model, batches[0] as PhotoBatch, context),
    photos: full.photos,
    accuracy: own.accuracy,
    fullAccuracy: full.accuracy,
  }
  addFasterModel(directory, bytes, faster)
  return faster
}

/** So many of them, at even distances: they come sorted by class. */
const spread = <T>(all: readonly T[], count: number): readonly T[] =>
  all.length <= count
    ? all
    : Array.from({ length: count }, (_, place) => all[Math.floor((place * all.length) / count)] as T)

/** In turns, so that whatever else the computer does slows both, and each by its quickest run after the first. */
async function timesAsFast(
  faster: Uint8Array,
  model: Uint8Array,
  image: PhotoBatch,
  { breathe }: FasterRequest['context'],
): Promise<number> {
  const sessions = [await openSession(faster), await openSession(model)]
  const quickest = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as [number, number]
  try {
    for (let turn = 0; turn <= timedTurns; turn++) {
      for (const [index, session] of sessions.entries()) {
        await breathe()
        const began = performance.now()
        await session.run({ image })
        if (turn > 0) quickest[index] = Math.min(quickest[index] as number, performance.now() - began)
      }
    }
  } finally {
    for (const session of sessions) await session.close()
  }
  return quickest[1] / quickest[0]
}

async function readBatches({ pipeline, imageSize, context }: FasterRequest, photos: readonly InputPhoto[]) {
  const batches: PhotoBatch[] = []
  const request = { photos, batchSize: calibrationBatch, signal: context.signal }
  for await (const { count, images } of pipeline.viewBatches(request)) {
    batches.push({ data: images.slice(), shape: [count, 3, imageSize, imageSize] })
  }
  return batches
}

interface Look {
  /** How many could be read. */
  readonly photos: number
  readonly accuracy: number
}

function known(answers: ReadonlyMap<string, boolean>, photos: readonly InputPhoto[]): Look {
  const seen = photos.map(({ id }) => answers.get(id)).filter((right) => right !== undefined)
  return { photos: seen.length, accuracy: seen.filter(Boolean).length / seen.length }
}

/** What a model makes of photos. */
async function look(
  model: Uint8Array,
  photos: readonly InputPhoto[],
  { pipeline, imageSize, context }: FasterRequest,
): Promise<Look> {
  let [seen, right] = [0, 0]
  const session = await openSession(model)
  try {
    const request = { photos, batchSize: viewBatchSize, signal: context.signal }
    for await (const { count, images, labels } of pipeline.viewBatches(request)) {
      await context.breathe()
      const outputs = await session.run({ image: { data: images, shape: [count, 3, imageSize, imageSize] } })
      const logits = outputs['logits']?.data as Float32Array
      const classes = logits.length / count
      labels.forEach((label, row) => {
        right += Number(mostProbable(logits.subarray(row * classes, (row + 1) * classes)) === label)
      })
      seen += count
    }
  } finally {
    await session.close()
  }
  return { photos: seen, accuracy: right / seen }
}
