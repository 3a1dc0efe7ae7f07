import type { Tensor as TfTensor } from '@tensorflow/tfjs-core'
import type { PrimitiveName, Tensor } from '../../graph/index.ts'
import { isInput, reachable } from '../../graph/index.ts'
import type { Runner, TensorData, TensorValue } from '../session.ts'
import type { TensorFlow } from './library.ts'
import { tensorFlowRules, typeOf } from './rules.ts'

const toTensorFlow = (tf: TensorFlow, { data, shape }: TensorValue): TfTensor => {
  const kind = data instanceof Float32Array ? 'float32' : data instanceof Uint8Array ? 'bool' : 'int32'
  return tf.tensor(data instanceof BigInt64Array ? Int32Array.from(data, Number) : data, [...shape], kind)
}

/**
 * Runs a graph of primitives with TensorFlow, one kernel after the other, and lets go of every value after its last use.
 * The same interface as a session of ONNX Runtime; nothing is exported on the way.
 */
export class TensorFlowSession implements Runner {
  readonly inputNames: readonly string[]
  readonly #tf: TensorFlow
  readonly #outputs: Readonly<Record<string, Tensor>>
  readonly #order: readonly Tensor[]
  /** How many tensors and outputs read a value. */
  readonly #uses = new Map<Tensor, number>()
  /** Constants of the graph and of the caller, made once. */
  readonly #kept = new Map<Tensor, TfTensor>()

  constructor(
    tf: TensorFlow,
    outputs: Readonly<Record<string, Tensor>>,
    constants: ReadonlyMap<string, Float32Array> = new Map(),
  ) {
    this.#tf = tf
    this.#outputs = outputs
    this.#order = reachable(Object.values(outputs))
    const use = (tensor: Tensor): unknown => this.#uses.set(tensor, (this.#uses.get(tensor) ?? 0) + 1)
    for (const tensor of this.#order) tensor.inputs.forEach(use)
    Object.values(outputs).forEach(use)
    for (const tensor of this.#order) {
      const data = isInput(tensor) ? constants.get(tensor.attributes.name) : undefined
      if (data !== undefined) this.#kept.set(tensor, tf.tensor(data, tensor.shape.map(Number), typeOf[tensor.dtype]))
      else if (tensor.op === 'constant') this.#kept.set(tensor, apply(tf, 1, tensor, []))
    }
    this.inputNames = this.#order.filter(isInput).flatMap((tensor) => {
      return this.#kept.has(tensor) ? [] : [tensor.attributes.name]
    })
  }

  /** As Session.run. @throws Error when an input is missing */
  async run(
    feeds: Readonly<Record<string, TensorValue>>,
    into: Readonly<Record<string, TensorValue>> = {},
  ): Promise<Record<string, TensorValue>> {
    const values = this.#compute(feeds)
    const results: Record<string, TensorValue> = {}
    for (const [name, tensor] of Object.entries(this.#outputs)) {
      const value = values.get(tensor) as TfTensor
      const read = (await value.data()) as TensorData
      const place = into[name]
      if (place !== undefined) place.data.set(read as never)
      results[name] = { data: place?.data ?? read, shape: value.shape }
    }
    for (const value of new Set(values.values())) value.dispose()
    return results
  }

  async close(): Promise<void> {
    for (const value of this.#kept.values()) value.dispose()
    this.#kept.clear()
  }

  /** Values of the outputs; everything else is let go. */
  #compute(feeds: Readonly<Record<string, TensorValue>>): Map<Tensor, TfTensor> {
    const values = new Map<Tensor, TfTensor>()
    const left = new Map(this.#uses)
    const batch = this.#batch(feeds)
    const valueOf = (tensor: Tensor): TfTensor => this.#kept.get(tensor) ?? (values.get(tensor) as TfTensor)
    for (const tensor of this.#order) {
      if (this.#kept.has(tensor)) continue
      const feed = isInput(tensor) ? feeds[tensor.attributes.name] : undefined
      values.set(
        tensor,
        feed === undefined ? apply(this.#tf, batch, tensor, tensor.inputs.map(valueOf)) : toTensorFlow(this.#tf, feed),
      )
      for (const input of tensor.inputs) {
        const uses = (left.get(input) ?? 0) - 1
        left.set(input, uses)
        if (uses > 0 || this.#kept.has(input)) continue
        values.get(input)?.dispose()
        values.delete(input)
      }
    }
    // An output that is a constant gets a value of its own, which the caller may let go.
    for (const tensor of Object.values(this.#outputs)) {
      const kept = this.#kept.get(tensor)
      if (kept !== undefined) values.set(tensor, this.#tf.clone(kept))
    }
    return values
  }

  #batch(feeds: Readonly<Record<string, TensorValue>>): number {
    const symbolic = this.#order.find((tensor) => isInput(tensor) && tensor.shape[0] === 'N')
    return symbolic !== undefined && isInput(symbolic) ? (feeds[symbolic.attributes.name]?.shape[0] ?? 1) : 1
  }
}

function apply<K extends PrimitiveName>(
  tf: TensorFlow,
  batch: number,
  tensor: Tensor<K>,
  inputs: readonly TfTensor[],
): TfTensor {
  return tf.tidy(() => {
    const result = tensorFlowRules[tensor.op]({ tf, batch }, inputs, tensor)
    // A rule may hand an input on; its value is counted apart.
    return inputs.includes(result) ? tf.clone(result) : result
  })
}
