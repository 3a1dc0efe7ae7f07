import type { Extreme, PreviewedPhoto } from '../../../shared/augment.ts'
import type { AugmentationPreview, ExtremesQuery } from '../../../shared/contract-inputs.ts'
import { createModel, preprocessingOf } from '../../engine/index.ts'
import type { PreviewPhoto } from '../../augment/preview.ts'
import type { Project } from '../../project/project.ts'
import type { ComputeClient } from '../compute/compute-client.ts'
import { extremesJob, previewJob } from './preview-job.ts'

/** Photos to mix with: enough for every sample to have another one. */
const partnerCount = 12

/** Photos that show each class in turn, the same ones each time; without labels, the first ones. */
function choosePhotos(project: Project, count: number): PreviewPhoto[] {
  const labelled = project.photos.labelled()
  const readable = (labelled.length > 0 ? labelled : project.photos.allStored()).filter(
    ({ unreadable }) => unreadable === null,
  )
  const classes = [...Map.groupBy(readable, ({ classId }) => classId).values()]
  return Array.from(
    { length: count },
    (_, index) => classes[index % classes.length]?.[Math.floor(index / classes.length)],
  )
    .filter((photo) => photo !== undefined)
    .map(({ id }) => previewPhoto(project, id))
}

function previewPhoto(project: Project, id: string): PreviewPhoto {
  const [photo] = project.photos.get([id])
  return { id, path: project.photos.absolute(project.photos.stored(id).path), classId: photo?.classId ?? null }
}

/**
 * Each photo as it is and as a run of this seed would see it in its first epochs; unreadable photos are left out.
 * @throws FleuronError 'unreadable' when none of them can be read
 */
export async function previewAugmentation(
  project: Project,
  compute: ComputeClient,
  { policy, imageSize, photos, count, samples, seed }: AugmentationPreview,
): Promise<PreviewedPhoto[]> {
  const own = photos?.map((id) => previewPhoto(project, id)) ?? choosePhotos(project, count)
  // Of another class first: that is what mixing is about.
  const [classId] = own.map((photo) => photo.classId)
  const others = policy.mix ? choosePhotos(project, partnerCount) : []
  const partners = others.toSorted((a, b) => Number(a.classId === classId) - Number(b.classId === classId))
  const size = { imageSize, resizeTo: resizeTo(imageSize) }
  return compute.run(previewJob, { photos: own, partners, size, policy, seed, samples })
}

/** Each transform of a policy at the ends of its range, on one photo. @throws FleuronError 'unreadable' */
export async function previewExtremes(
  project: Project,
  compute: ComputeClient,
  { policy, imageSize, photo }: ExtremesQuery,
): Promise<Extreme[]> {
  const size = { imageSize, resizeTo: resizeTo(imageSize) }
  return compute.run(extremesJob, { photo: previewPhoto(project, photo), size, policy })
}

/** All models here are shown the same part of a photo, so any of them says how large it is first made. */
const resizeTo = (imageSize: number): number =>
  preprocessingOf(createModel('simple_cnn', { classes: 2, inputSize: [imageSize, imageSize] })).resizeShorterSideTo
