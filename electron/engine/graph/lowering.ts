import { Emitter } from './emitter.ts'
import type { Device } from './emitter.ts'
import { loweringRules } from './lowering-rules.ts'
import type { ModelDescription, NodeDescription } from './model-file.ts'
import type { PrimitiveName } from './primitives.ts'
import { is, reachable } from './tensor.ts'
import type { Tensor } from './tensor.ts'

export interface LoweringOptions {
  readonly device: Device
  /** Channels per block of the processor's fast convolutions (`channelBlock` of the runtime); unused unless given. */
  readonly block?: number
  /** Forms of convolutions that were measured to be the fastest (`Execution` of the runtime). */
  readonly forms?: Readonly<Record<string, string>>
  /** Inputs that become part of the model, by name: everything else that the graph reads stays an input. */
  readonly constants?: ReadonlyMap<string, Float32Array>
}

/** The ONNX graph that computes the named outputs. */
export function lower(outputs: Readonly<Record<string, Tensor>>, options: LoweringOptions): ModelDescription {
  const emit = new Emitter(options.device, options.block, options.forms)
  const values = new Map<Tensor, string>()
  const valueOf = (tensor: Tensor): string => {
    const value = values.get(tensor)
    if (value === undefined) throw new Error(`${tensor.op} is used before it is computed`)
    return value
  }
  const lowerOne = <K extends PrimitiveName>(tensor: Tensor<K>): string => {
    return loweringRules[tensor.op](emit, tensor.inputs.map(valueOf), tensor, valueOf)
  }
  for (const tensor of reachable(Object.values(outputs))) {
    const data = is(tensor, 'input') ? options.constants?.get(tensor.attributes.name) : undefined
    const value =
      data !== undefined && is(tensor, 'input')
        ? emit.initializer(tensor.attributes.name, data, tensor.shape, tensor.dtype)
        : lowerOne(tensor)
    values.set(tensor, value)
  }
  const results = Object.entries(outputs).map(([name, tensor]) => ({ name, tensor, value: valueOf(tensor) }))
  const collected = emit.collect(results.map(({ value }) => value))

  // A value that a node makes takes the name of the output; a second name for it, or for an input, needs a node.
  const names = new Map<string, string>()
  const made = new Set(collected.nodes.flatMap((node) => node.outputs))
  const copies: NodeDescription[] = []
  for (const { name, value } of results) {
    if (made.has(value) && !names.has(value)) names.set(value, name)
    else copies.push({ op: 'Identity', inputs: [names.get(value) ?? value], outputs: [name] })
  }
  const renamed = (value: string): string => names.get(value) ?? value
  return {
    nodes: [
      ...collected.nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map(renamed),
        outputs: node.outputs.map(renamed),
      })),
      ...copies,
    ],
    initializers: collected.initializers,
    inputs: collected.inputs,
    outputs: results.map(({ name, tensor: { shape, dtype } }) => ({ name, shape, dtype })),
  }
}
