import { add, input, lower, writeModel } from '../graph/index.ts'
import type { Tensor } from '../graph/index.ts'
import { keepsState } from './devices.ts'
import type { ComputeDevice } from './devices.ts'
import type { Execution } from './execution.ts'
import { openSession } from './session.ts'
import type { Runner } from './session.ts'
import { loadTensorFlow } from './tensorflow/library.ts'
import { TensorFlowSession } from './tensorflow/session.ts'

export interface CompileOptions {
  readonly execution: Execution
  /** Inputs that become part of the graph, by name. */
  readonly constants?: ReadonlyMap<string, Float32Array>
  /** Outputs that stay on the device where it can keep them; elsewhere they come back. */
  readonly keep?: readonly string[]
  /** Writes ONNX Runtime's profile beside this path on closing. */
  readonly profile?: string | undefined
}

/** Makes a graph ready to run on the device of the execution. @throws Error when the device does not work here */
export async function compileGraph(
  outputs: Readonly<Record<string, Tensor>>,
  { execution, constants = new Map(), keep = [], profile }: CompileOptions,
): Promise<Runner> {
  const { device, threads, block, forms } = execution
  if (device === 'tensorflow') return new TensorFlowSession(await loadTensorFlow(), outputs, constants)
  // What WebGPU runs is plain ONNX, which every other provider takes too.
  const target = device === 'cpu' ? 'cpu' : 'webgpu'
  const lowered = lower(outputs, { device: target, constants, forms, ...(block === null ? {} : { block }) })
  return openSession(writeModel(lowered), {
    device,
    threads,
    optimization: 'all',
    keep: keepsState(device) ? keep : [],
    ...(profile === undefined ? {} : { profile }),
  })
}

/** Computes a sum on a device. @throws Error when the device does not work here */
export async function checkDevice(device: ComputeDevice): Promise<void> {
  const execution = { device, threads: 1, block: null, forms: {} }
  const session = await compileGraph({ sum: add(input('x', [2]), 1) }, { execution })
  await session.run({ x: { data: new Float32Array(2), shape: [2] } })
  await session.close()
}
