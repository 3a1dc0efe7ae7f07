import { availableParallelism } from 'node:os'
import type { Tensor } from '../graph/index.ts'
import { channelBlock } from './channel-block.ts'
import type { ComputeDevice } from './devices.ts'
import { fastestForms } from './form-times.ts'
import type { Forms } from './form-times.ts'

/**
 * What decides the bits of a computation beside its numbers. JSON: stored with a run, so that a resumed one computes as
 * the interrupted one did.
 */
export interface Execution {
  readonly device: ComputeDevice
  /** Threads within an operator. */
  readonly threads: number
  /** Channels per block of the processor's fast convolutions; null where it has none, and on other devices. */
  readonly block: number | null
  /** The form of each convolution; none on devices where there is nothing to choose. */
  readonly forms: Forms
}

/**
 * Completes what is asked for with what suits this machine and the graphs to be run. A block size that this processor
 * lacks gives way to its own.
 */
export async function chooseExecution(
  { device = 'cpu', threads = availableParallelism(), block, forms }: Partial<Execution>,
  outputs: readonly Tensor[],
): Promise<Execution> {
  if (device !== 'cpu') return { device, threads, block: null, forms: {} }
  const own = block === null ? null : ((await channelBlock()) ?? null)
  const execution = { device, threads, block: own }
  return { ...execution, forms: forms ?? (await fastestForms(outputs, execution)) }
}
