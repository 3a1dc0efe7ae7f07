import { ComputeClient } from '../train/compute/compute-client.ts'
import { forkComputeProcess } from '../train/compute/fork-compute.ts'
import { onInterrupt } from './interrupt.ts'

/** A compute process for the length of one command; Ctrl+C cancels what it does. */
export async function withCompute<T>(work: (compute: ComputeClient, signal: AbortSignal) => Promise<T>): Promise<T> {
  const compute = new ComputeClient(forkComputeProcess)
  const stop = new AbortController()
  const release = onInterrupt(() => stop.abort())
  try {
    return await work(compute, stop.signal)
  } finally {
    release()
    await compute.close()
  }
}
