import type { ServedJob } from './compute-protocol.ts'
import { fasterServed } from './faster-job.ts'
import { measuringJob } from './measure.ts'
import { previewingJobs } from './preview-job.ts'
import { runningJobs } from './run-training.ts'

/** The jobs of training, for the compute process. */
export const trainingJobs: readonly ServedJob[] = [...runningJobs, measuringJob, ...previewingJobs, fasterServed]
