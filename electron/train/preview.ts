import type { AugmentationPreview } from '../../shared/contract.ts'
import { createModel, preprocessingOf } from '../engine/index.ts'
import type { Project } from '../project/project.ts'
import type { ComputeClient } from './compute-client.ts'
import { previewJob } from './preview-job.ts'

/** Photos that show each class in turn, the same ones each time. */
function choosePhotos(project: Project, count: number): string[] {
  const readable = project.photos.labelled().filter(({ unreadable }) => unreadable === null)
  const classes = [...Map.groupBy(readable, ({ classId }) => classId).values()]
  return Array.from(
    { length: count },
    (_, index) => classes[index % classes.length]?.[Math.floor(index / classes.length)],
  )
    .filter((photo) => photo !== undefined)
    .map(({ id }) => id)
}

/** Each photo as it is and as a run of this seed would see it in its first epochs; unreadable photos are left out. */
export async function previewAugmentation(
  project: Project,
  compute: ComputeClient,
  { policy, imageSize, photos, count, samples, seed }: AugmentationPreview,
): Promise<{ photos: { photo: string; original: string; samples: string[] }[] }> {
  const ids = photos ?? choosePhotos(project, count)
  const made = await compute.run(previewJob, {
    photos: ids.map((id) => ({ id, path: project.photos.absolute(project.photos.stored(id).path) })),
    size: { imageSize, resizeTo: resizeTo(imageSize) },
    policy,
    seed,
    samples,
  })
  return { photos: made.map(({ photo, original, samples: seen }) => ({ photo, original, samples: [...seen] })) }
}

/** All models here are shown the same part of a photo, so any of them says how large it is first made. */
const resizeTo = (imageSize: number): number =>
  preprocessingOf(createModel('simple_cnn', { classes: 2, inputSize: [imageSize, imageSize] })).resizeShorterSideTo
