/** A compute process on which the devices do what tests ask of them. */
import type { DeviceTrial, FamilyTrial } from '../../../shared/device.ts'
import type { ComputeDevice } from '../../engine/index.ts'
import { jobName, serveJob } from '../compute/compute-protocol.ts'
import { parentChannel, serveJobs } from '../compute/compute-server.ts'
import { compareWithProcessor, openSteps, type Comparison, type StepShape } from './compare.ts'
import { deviceTrialJob, familyTrialJob } from './device-trial.ts'

/** Takes steps on a device and on the processor. */
export const compareJob = jobName<{ device: ComputeDevice; shape: StepShape }, never, Comparison>('compare')

const jobs = [
  serveJob(compareJob, async ({ device, shape }) => compareWithProcessor(await openSteps({ device }, shape), shape)),
  serveJob(deviceTrialJob, async (device): Promise<DeviceTrial> => {
    // As a driver does that takes its process along.
    if (device !== 'webgpu') return process.abort()
    return { result: 'works', difference: 1e-6, imagesPerSecond: 99 }
  }),
  serveJob(familyTrialJob, async ({ family }): Promise<FamilyTrial> => {
    if (family === 'convnext') return process.abort()
    return family === 'inception' ? { result: 'disagrees', difference: 0.4 } : { result: 'works', difference: 1e-6 }
  }),
]

// Imported by tests for the names of the jobs, run by the fork for the jobs themselves.
if (process.send && process.argv[1] === import.meta.filename) serveJobs(parentChannel(), jobs)
