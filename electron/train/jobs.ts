import type { ServedJob } from './compute/compute-protocol.ts'
import { deviceJobs } from './devices/device-trial.ts'
import { fasterServed } from './model/faster-job.ts'
import { measuringJob } from './plan/measure.ts'
import { previewingJobs } from './preview/preview-job.ts'
import { runningJobs } from './run/run-training.ts'

/** The jobs of training, for the compute process. */
export const trainingJobs: readonly ServedJob[] = [
  ...runningJobs,
  measuringJob,
  ...previewingJobs,
  fasterServed,
  ...deviceJobs,
]
