import { AugmentationPreviews, type PreviewedPhoto, type PreviewRequest } from '../augment/preview.ts'
import { jobName, serveJob, type ServedJob } from './compute-protocol.ts'

/** What training would make of photos: pictures for the Train screen. */
export const previewJob = jobName<PreviewRequest, never, PreviewedPhoto[]>('preview')

/** Decoded photos are kept from one preview to the next. */
const previews = new AugmentationPreviews()

export const previewingJob: ServedJob = serveJob(previewJob, (request) => previews.make(request))
