import { FleuronError } from '../../shared/errors.ts'
import type { ComputeClient } from '../train/compute/compute-client.ts'
import { fasterJob } from '../train/model/faster-job.ts'
import type { FasterCard } from '../train/model/model-folder.ts'
import { labelsOf } from './evaluate-folder.ts'
import { absolutePaths, listFieldPhotos } from './field-photos.ts'
import { loadTrainedModel } from './trained-model.ts'

export interface QuantizeRequest {
  readonly modelDirectory: string
  /** A folder with a folder of photos for each class, or photos with the names of their classes. */
  readonly photos: string | readonly { readonly path: string; readonly class: string }[]
  readonly compute: ComputeClient
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes the faster form of a model and measures it on labelled photos.
 *
 * @throws FleuronError 'conflict' for classes that the model does not know, 'not-ready' when too much would be lost, and
 *   what `loadTrainedModel` and `listFieldPhotos` throw
 */
export async function quantizeModelFolder(request: QuantizeRequest): Promise<FasterCard> {
  const { modelDirectory, compute, signal } = request
  const model = await loadTrainedModel(modelDirectory, 'fp32')
  const photos = await labelledPhotos(request, model)
  const input = { directory: modelDirectory, size: model.size, photos }
  const faster = await compute.run(fasterJob, input, { signal })
  if (faster !== null) return faster
  throw new FleuronError(
    'not-ready',
    `The model in ${modelDirectory} cannot be made faster without losing more than half a point of accuracy on these ${photos.length} photos; use it as it is, or try other photos.`,
  )
}

async function labelledPhotos(
  { photos, signal }: QuantizeRequest,
  model: Awaited<ReturnType<typeof loadTrainedModel>>,
) {
  if (typeof photos !== 'string') {
    const labels = labelsOf(
      model,
      'the project',
      photos.map(({ path, class: className }) => ({ path, className })),
    )
    return photos.map(({ path }, index) => ({ id: String(index), path, label: labels[index] as number }))
  }
  const field = await listFieldPhotos(photos, signal)
  const labels = labelsOf(model, field.folder, field.scan.photos)
  return absolutePaths(field).map((path, index) => ({ id: String(index), path, label: labels[index] as number }))
}
