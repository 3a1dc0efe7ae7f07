import type { Precision, Prediction } from '../../shared/prediction.ts'
import type { ComputeClient } from '../train/compute/compute-client.ts'
import { classifyJob, type Classified, type Unreadable } from './classify-job.ts'
import { absolutePaths, listFieldPhotos } from './field-photos.ts'
import { sentenceOf } from './sentence.ts'
import { loadTrainedModel, type TrainedModel } from './trained-model.ts'

export interface FolderRequest {
  readonly modelDirectory: string
  /** 'fp32' unless said otherwise. */
  readonly precision?: Precision | undefined
  readonly folder: string
  readonly compute: ComputeClient
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface FolderClassification {
  photos: ({ path: string } & Prediction)[]
  unreadable: { path: string; reason: string }[]
  /** What was passed over, e.g. a folder that may not be read: each a sentence. */
  warnings: string[]
  seconds: number
}

/**
 * Classifies the photos of a folder with a model folder; no project takes part.
 *
 * @throws FleuronError what `loadTrainedModel`, `listFieldPhotos` and `ComputeClient.run` throw
 */
export async function classifyFolder(request: FolderRequest): Promise<FolderClassification> {
  const began = performance.now()
  const model = await loadTrainedModel(request.modelDirectory, request.precision)
  const field = await listFieldPhotos(request.folder, request.signal)
  const { classified, unreadable } = await classifyPaths(model, absolutePaths(field), request)
  const pathOf = (index: number): string => field.paths[index] as string
  return {
    photos: classified.map((found) => ({ path: pathOf(found.index), ...predictionOf(found, model.classes.length) })),
    unreadable: unreadable.map(({ index, reason }) => ({ path: pathOf(index), reason })),
    warnings: field.scan.passedOver,
    seconds: (performance.now() - began) / 1000,
  }
}

/** What is said of a photo by a model of so many classes. */
export const predictionOf = (found: Omit<Prediction, 'sentence'>, classes: number): Prediction => ({
  class: found.class,
  probability: found.probability,
  decision: found.decision,
  known: found.known,
  top: found.top,
  sentence: sentenceOf(found.decision, found.top, classes),
})

/** Runs the job and gathers what it tells, in the order of the photos. */
export async function classifyPaths(
  { path, classes, size, thresholds }: TrainedModel,
  photos: readonly string[],
  { compute, onProgress, signal }: Pick<FolderRequest, 'compute' | 'onProgress' | 'signal'>,
): Promise<{ classified: Classified[]; unreadable: Unreadable[] }> {
  const found: { classified: Classified[]; unreadable: Unreadable[] } = { classified: [], unreadable: [] }
  await compute.run(
    classifyJob,
    { model: { path, classes, size, thresholds }, photos },
    {
      signal,
      onEvent: (news) => {
        found.classified.push(...news.classified)
        found.unreadable.push(...news.unreadable)
        onProgress?.(found.classified.length + found.unreadable.length, photos.length)
      },
    },
  )
  return found
}
