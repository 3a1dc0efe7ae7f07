import { availableParallelism } from 'node:os'
import type { Device } from '../graph/index.ts'
import { channelBlock } from './channel-block.ts'

/** What computes: ONNX Runtime on the processor or through WebGPU, or TensorFlow where it is installed. */
export type ComputeDevice = Device | 'tensorflow'

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
}

/** Completes what is asked for with what suits this machine. A block size that this processor lacks gives way to its own. */
export async function chooseExecution({
  device = 'cpu',
  threads = availableParallelism(),
  block,
}: Partial<Execution>): Promise<Execution> {
  if (device !== 'cpu') return { device, threads, block: null }
  const own = (await channelBlock()) ?? null
  return { device, threads, block: block === null ? null : own }
}
