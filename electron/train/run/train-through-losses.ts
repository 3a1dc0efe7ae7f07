import type { ComputeDevice } from '../../engine/index.ts'
import { ProcessEnded, type ComputeClient } from '../compute/compute-client.ts'
import { isDeviceLost } from '../devices/lost-device.ts'
import { hasCheckpoint } from '../loop/checkpoint.ts'
import { readBasis } from './run-execution.ts'
import {
  finishJob,
  trainJob,
  type PausedResult,
  type TrainJobEvent,
  type TrainJobInput,
  type TrainJobResult,
} from './train-job.ts'

/** How a run is followed and ended. */
interface Following {
  readonly onEvent: (event: TrainJobEvent) => void
  /** Cancels it. */
  readonly signal: AbortSignal
  readonly stop: AbortSignal
}

/** After so many losses a run goes on without its device; and so often its passes are made smaller for want of memory. */
const patience = 3

const times = ['', ' a second time', ' a third time']

/** @param lost how often the device was lost in this run by now */
const wentOn = (lost: number): string =>
  `The device that computes was lost${times[lost - 1] ?? ''}, or took its process down; the run went on from its last checkpoint${
    lost < patience ? '' : ', on the processor'
  }.`

const wantsLess =
  'The system ended the process that computes because memory ran out; the run went on from its last checkpoint, with half as many photos to a pass: the same recipe, a little slower.'

/**
 * Trains; when a device other than the processor is lost, a fresh process goes on from the last checkpoint, after the
 * last time on the processor. When the system ended the process for want of memory, the fresh one asks for less.
 * @throws FleuronError whatever the job throws; 'compute-failed' when the process ended and left nothing to keep
 */
export async function trainThroughLosses(
  compute: ComputeClient,
  input: TrainJobInput,
  following: Following,
): Promise<TrainJobResult | PausedResult> {
  const began = performance.now()
  let attempt = input
  for (let lost = 0; ;) {
    try {
      return await compute.run(trainJob, attempt, following)
    } catch (error) {
      if (following.signal.aborted) throw error
      const device = deviceOf(attempt)
      const secondsBefore = input.secondsBefore + (performance.now() - began) / 1000
      const again = { ...attempt, resumes: true, secondsBefore }
      if (device !== 'cpu' && !following.stop.aborted && isDeviceLost(error)) {
        lost++
        await compute.renew()
        attempt = { ...again, device: lost < patience ? device : 'cpu' }
        following.onEvent({ kind: 'note', text: wentOn(lost) })
      } else if (lacksMemory(error, attempt) && !following.stop.aborted) {
        attempt = { ...again, halvings: attempt.halvings + 1 }
        following.onEvent({ kind: 'note', text: wantsLess })
      } else return await keepBest(compute, { ...attempt, device }, following, error)
    }
  }
}

/** Whether smaller passes may help: a head on a frozen backbone takes little of the memory in question. */
const lacksMemory = (error: unknown, { settings, halvings }: TrainJobInput): boolean =>
  error instanceof ProcessEnded && error.forMemory && settings.mode !== 'frozen' && halvings < patience

/** On what a run computes: the processor also where its device did not start. */
const deviceOf = ({ device, directory }: TrainJobInput): ComputeDevice =>
  device === 'cpu' ? device : (readBasis(directory)?.execution.device ?? device)

/** When the compute process died under a run, a new one makes the model of the last checkpoint. */
async function keepBest(
  compute: ComputeClient,
  input: TrainJobInput,
  { onEvent, signal }: Following,
  error: unknown,
): Promise<TrainJobResult> {
  if (!(error instanceof ProcessEnded) || !hasCheckpoint(input.directory)) throw error
  const kept = await compute.run(finishJob, input, { onEvent, signal }).catch(() => {
    throw error
  })
  const message = `${error.message} The model of epoch ${kept.bestEpoch}, the best until then, was kept; the run can be resumed.`
  return { ...kept, state: 'interrupted', error: { ...error.toValue(), message } }
}
