/** A compute process on which the devices do what tests ask of them. */
import type { ComputeDevice } from '../../engine/index.ts'
import { jobName, serveJob } from '../compute/compute-protocol.ts'
import { parentChannel, serveJobs } from '../compute/compute-server.ts'
import { compareWithProcessor, openSteps, type Comparison, type StepShape } from './compare.ts'
import { deviceTrialJob } from './device-trial.ts'

/** Takes steps on a device and on the processor. */
export const compareJob = jobName<{ device: ComputeDevice; shape: StepShape }, never, Comparison>('compare')

const jobs = [
  serveJob(compareJob, async ({ device, shape }) => compareWithProcessor(await openSteps({ device }, shape), shape)),
  // As a driver does that takes its process along.
  serveJob(deviceTrialJob, async () => process.abort()),
]

// Imported by tests for the names of the jobs, run by the fork for the jobs themselves.
if (process.send && process.argv[1] === import.meta.filename) serveJobs(parentChannel(), jobs)
