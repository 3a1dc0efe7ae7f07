import type { Extreme, PreviewedPhoto } from '../../../shared/augment.ts'
import { AugmentationPreviews, type ExtremesRequest, type PreviewRequest } from '../../augment/preview.ts'
import { jobName, serveJob, type ServedJob } from '../compute/compute-protocol.ts'

/** What training would make of photos: pictures for the Augment and Train screens. */
export const previewJob = jobName<PreviewRequest, never, PreviewedPhoto[]>('preview')
/** Each transform of a policy at the ends of its range. */
export const extremesJob = jobName<ExtremesRequest, never, Extreme[]>('extremes')

/** Decoded photos are kept from one preview to the next. */
const previews = new AugmentationPreviews()

export const previewingJobs: readonly ServedJob[] = [
  serveJob(previewJob, (request) => previews.make(request)),
  serveJob(extremesJob, (request) => previews.extremes(request)),
]
