import { jobName, serveJob, type ServedJob } from '../compute/compute-protocol.ts'
import type { InputSize } from '../../dataset/decoder-protocol.ts'
import { makeFasterModel } from './faster-model.ts'
import { openInputPipeline, type InputPhoto } from '../loop/input-pipeline.ts'
import type { FasterCard } from './model-folder.ts'

export interface FasterJobInput {
  /** Model folder. */
  readonly directory: string
  readonly size: InputSize
  /** With the index of their class. */
  readonly photos: readonly InputPhoto[]
}

/** Makes the faster form of a finished model. */
export const fasterJob = jobName<FasterJobInput, never, FasterCard | null>('faster-model')

export const fasterServed: ServedJob = serveJob(fasterJob, async ({ directory, size, photos }, context) => {
  const pipeline = openInputPipeline(size)
  try {
    return await makeFasterModel({ directory, photos, pipeline, imageSize: size.imageSize, context })
  } finally {
    await pipeline.close()
  }
})
