import type { Session } from '../../engine/index.ts'
import { matrix, type Matrix } from '../../evaluate/matrix.ts'
import type { JobContext } from '../compute/compute-protocol.ts'
import type { InputPipeline } from './input-pipeline.ts'
import type { ProgressReporter } from './progress.ts'
import type { TrainPhoto } from '../run/train-job.ts'

/** Photos as a finished model sees them; those that could not be read are left out. */
export interface SeenPhotos {
  readonly photos: readonly TrainPhoto[]
  readonly labels: Int32Array
  /** What enters the classifier, a row per photo. */
  readonly features: Matrix
  /** What leaves it. */
  readonly logits: Matrix
}

/** A few photos with what the trained session makes of them: the written model must agree. */
export interface Probe {
  readonly count: number
  /** [count, 3, imageSize, imageSize] */
  readonly images: Float32Array
  readonly logits: Float32Array
}

/** Photos of one run of the network: enough to keep the processor busy, few enough for little memory. */
export const viewBatchSize = 16
const probePhotos = 16

/** The plain views of the first few photos that can be read. */
export async function takeProbe(
  pipeline: InputPipeline,
  photos: readonly TrainPhoto[],
): Promise<Pick<Probe, 'count' | 'images'>> {
  for await (const { count, images } of pipeline.viewBatches({ photos, batchSize: probePhotos })) {
    return { count, images: images.slice() }
  }
  return { count: 0, images: new Float32Array(0) }
}

/** Runs a classifier (exportClassifier) over the plain views of photos. */
export async function seePhotos(
  session: Session,
  imageSize: number,
  options: {
    pipeline: InputPipeline
    photos: readonly TrainPhoto[]
    context: Pick<JobContext<unknown>, 'breathe' | 'signal'>
    progress: ProgressReporter
  },
): Promise<SeenPhotos> {
  const { pipeline, photos, context, progress } = options
  const seen: number[] = []
  const [features, logits]: [Float32Array[], Float32Array[]] = [[], []]
  const batches = pipeline.viewBatches({ photos, batchSize: viewBatchSize, signal: context.signal })
  for await (const { count, images, indices } of batches) {
    await context.breathe()
    const outputs = await session.run({ image: { data: images, shape: [count, 3, imageSize, imageSize] } })
    features.push(outputs['features']?.data as Float32Array)
    logits.push(outputs['logits']?.data as Float32Array)
    seen.push(...indices)
    progress.advance(count)
  }
  const kept = seen.map((index) => photos[index] as TrainPhoto)
  return {
    photos: kept,
    labels: Int32Array.from(kept, ({ label }) => label),
    features: stack(features, kept.length),
    logits: stack(logits, kept.length),
  }
}

export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

function stack(parts: readonly Float32Array[], rows: number): Matrix {
  const data = concatenate(parts)
  return rows === 0 ? { rows: 0, columns: 0, data } : matrix(data, data.length / rows)
}
