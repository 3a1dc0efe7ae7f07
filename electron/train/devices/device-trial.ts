import type { DeviceTrial, FamilyTrial } from '../../../shared/device.ts'
import {
  computeDevices,
  providers,
  runtimeVersion,
  type ComputeDevice,
  type ModelFamily,
  type TrainingSession,
} from '../../engine/index.ts'
import { jobName, serveJob, type JobContext, type ServedJob } from '../compute/compute-protocol.ts'
import { deviceWords } from './device-words.ts'
import { compareWithProcessor, openSteps, takeStep } from './compare.ts'
import { familySteps } from './family-steps.ts'

/** Trains a few small steps on a device and on the processor. The device may take the process down with it. */
export const deviceTrialJob = jobName<ComputeDevice, never, DeviceTrial>('try-device')

/** Trains small steps of one family of models on a device that works and on the processor. */
export const familyTrialJob = jobName<{ device: ComputeDevice; family: ModelFamily }, never, FamilyTrial>('try-family')

/** What there is to be tried: the providers in this package of ONNX Runtime, and TensorFlow. */
export const devicesJob = jobName<undefined, never, { devices: ComputeDevice[]; version: string }>('devices')

/**
 * Largest difference from the processor that passes for the same: other orders of summation give some 1e-5 in these
 * steps, products rounded to TensorFloat-32 some 1e-3; a wrong gradient gives about 1.
 */
const tolerance = 0.01
const compared = familySteps['simple-cnn'].shape
/** As the simple CNN is used: a device that is slow to start and fast once it runs shall not look slow. */
const timed = { ...compared, side: 96, batchSize: 32 }
const timedMilliseconds = 1000
/** A device that takes longer for a small step is not made to do the large ones. */
const worthTiming = 1

/** Images per second; of a device that was slow with small photos by their area. */
async function speed(device: ComputeDevice, seconds: number, context: JobContext<never>): Promise<number> {
  if (seconds > worthTiming) return (compared.batchSize / seconds) * (compared.side / timed.side) ** 2
  const session = await openSteps({ device }, timed)
  try {
    // The first one also prepares.
    await takeStep(session, timed, 0)
    const began = performance.now()
    let count = 0
    do {
      await context.breathe()
      await takeStep(session, timed, ++count)
    } while (performance.now() - began < timedMilliseconds)
    return (count * timed.batchSize * 1000) / (performance.now() - began)
  } finally {
    await session.close()
  }
}

const resultOf = (difference: number) => (difference <= tolerance ? 'works' : 'disagrees')
const noNumbers = { result: 'failed', reason: 'What it computes are no numbers.', details: 'NaN or infinite' } as const
const brokeOff = (error: unknown) =>
  ({ result: 'failed', reason: 'It began to train and broke off.', details: wordsOf(error) }) as const

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).trim()

async function tryDevice(device: ComputeDevice, context: JobContext<never>): Promise<DeviceTrial> {
  let session: TrainingSession
  try {
    session = await openSteps({ device }, compared)
  } catch (error) {
    return { result: 'unavailable', reason: deviceWords[device].needs, details: wordsOf(error) }
  }
  try {
    const { difference, seconds } = await compareWithProcessor(session, compared)
    if (!Number.isFinite(difference)) return noNumbers
    const imagesPerSecond = await speed(device, seconds, context)
    return { result: resultOf(difference), difference, imagesPerSecond }
  } catch (error) {
    if (context.signal.aborted) throw error
    return brokeOff(error)
  }
}

async function tryFamily(
  { device, family }: { device: ComputeDevice; family: ModelFamily },
  context: JobContext<never>,
): Promise<FamilyTrial> {
  const { shape } = familySteps[family]
  try {
    const { difference } = await compareWithProcessor(await openSteps({ device }, shape), shape)
    if (!Number.isFinite(difference)) return noNumbers
    return { result: resultOf(difference), difference }
  } catch (error) {
    if (context.signal.aborted) throw error
    return brokeOff(error)
  }
}

async function listDevices(): Promise<{ devices: ComputeDevice[]; version: string }> {
  const there = new Set<string>([...(await providers()), 'tensorflow'])
  return { devices: computeDevices.filter((device) => there.has(device)), version: await runtimeVersion() }
}

export const deviceJobs: readonly ServedJob[] = [
  serveJob(deviceTrialJob, tryDevice),
  serveJob(familyTrialJob, tryFamily),
  serveJob(devicesJob, listDevices),
]
