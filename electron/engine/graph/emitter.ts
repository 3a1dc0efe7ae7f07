import type { AttributeValue, InitializerDescription, NodeDescription, ValueDescription } from './model-file.ts'
import type { ConstantData, DType, Shape } from './primitives.ts'
import { sizeOf } from './shapes.ts'

/** Where a graph will run. `'webgpu'` means standard ONNX operators alone, so exported models use it too. */
export type Device = 'cpu' | 'webgpu'

type Attributes = Readonly<Record<string, AttributeValue>>
/** ONNX Runtime's own operators. */
export const microsoft = 'com.microsoft'

/**
 * Collects the nodes of an ONNX graph. Asking twice for the same operator on the same inputs gives the same value, so
 * lowering rules need not remember what others have already computed.
 */
export class Emitter {
  readonly device: Device
  /** Channels per block of the processor's fast convolutions; none where there are no such. */
  readonly block: number | undefined
  /** Which form of a convolution is the fastest here, as it was measured, by `formKey`. */
  readonly forms: Readonly<Record<string, string>>
  readonly #nodes: NodeDescription[] = []
  readonly #initializers = new Map<string, InitializerDescription>()
  readonly #inputs = new Map<string, ValueDescription>()
  readonly #known = new Map<string, string>()
  #values = 0

  constructor(device: Device, block?: number, forms: Readonly<Record<string, string>> = {}) {
    this.device = device
    this.block = device === 'cpu' ? block : undefined
    this.forms = forms
  }

  /** One operator with one output. */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}, domain = ''): string {
    const key = JSON.stringify([op, inputs, attributes, domain])
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const output = `${op}_${this.#values++}`
    this.#nodes.push({ op, inputs, outputs: [output], attributes, domain })
    this.#known.set(key, output)
    return output
  }

  /** Equal parts along an axis. */
  split(value: string, parts: number, axis: number): string[] {
    if (parts === 1) return [value]
    const key = JSON.stringify(['Split', value, parts, axis])
    const known = this.#known.get(key) ?? `Split_${this.#values++}`
    const outputs = Array.from({ length: parts }, (_, i) => `${known}.${i}`)
    if (!this.#known.has(key)) {
      this.#nodes.push({ op: 'Split', inputs: [value], outputs, attributes: { axis, num_outputs: parts } })
      this.#known.set(key, known)
    }
    return outputs
  }

  concat(values: readonly string[], axis: number): string {
    return values.length === 1 ? (values[0] ?? '') : this.node('Concat', values, { axis })
  }

  input(name: string, shape: Shape, dtype: DType): string {
    const known = this.#inputs.get(name)
    if (known !== undefined && (known.dtype !== dtype || String(known.shape) !== String(shape))) {
      throw new Error(
        `the input '${name}' is used with two shapes, [${known.shape.join(', ')}] and [${shape.join(', ')}]`,
      )
    }
    this.#inputs.set(name, { name, shape, dtype })
    return name
  }

  /** A part of the model by name; the same name must mean the same data. */
  initializer(name: string, data: ConstantData, shape: Shape, dtype: DType): string {
    this.#initializers.set(name, { name, data, shape, dtype })
    return name
  }

  zeros(shape: readonly number[]): string {
    return this.initializer(`zeros ${shape.join('×')}`, new Float32Array(sizeOf(shape)), shape, 'float32')
  }

  floats(values: readonly number[] | Float32Array, shape: Shape = [values.length]): string {
    return this.constant(Float32Array.from(values), shape, 'float32')
  }

  scalar(value: number): string {
    return this.floats([value], [])
  }

  /** A list of whole numbers, as shapes, axes and paddings are given. */
  ints(values: readonly number[]): string {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64')
  }

  constant(data: ConstantData, shape: Shape, dtype: DType): string {
    // Small ones are shared by content; large ones are few and not worth the key.
    if (data.length > 64) return this.initializer(`constant_${this.#values++}`, data, shape, dtype)
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const key = `${dtype}[${shape.join()}]:${bytes.join()}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const name = this.initializer(`constant_${this.#values++}`, data, shape, dtype)
    this.#known.set(key, name)
    return name
  }

  /** A shape as a tensor; a symbolic batch is read from an input when the model runs. */
  shape(shape: Shape): string {
    if (shape[0] !== 'N') return this.ints(shape.map(Number))
    const source = [...this.#inputs.values()].find((input) => input.shape[0] === 'N')
    if (source === undefined) throw new Error('no input of the graph has a symbolic batch to take the size from')
    const batch = this.node('Shape', [source.name], { start: 0, end: 1 })
    return shape.length === 1 ? batch : this.node('Concat', [batch, this.ints(shape.slice(1).map(Number))], { axis: 0 })
  }

  reshape(value: string, shape: Shape): string {
    // 0 keeps the size of the same axis, which is what a symbolic batch needs.
    const target = shape[0] === 'N' ? [0, ...shape.slice(1).map(Number)] : shape.map(Number)
    const empty = shape[0] !== 'N' && sizeOf(shape) === 0
    return this.node('Reshape', [value, this.ints(target)], empty ? { allowzero: 1 } : {})
  }

  transpose(value: string, perm: readonly number[]): string {
    return perm.every((axis, i) => axis === i) ? value : this.node('Transpose', [value], { perm })
  }

  slice(
    value: string,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
    steps?: readonly number[],
  ): string {
    const inputs = [value, this.ints(starts), this.ints(ends), this.ints(axes)]
    return this.node('Slice', steps === undefined ? inputs : [...inputs, this.ints(steps)])
  }

  /** Constant padding: entries before each axis, then after; negative ones cut. */
  pad(value: string, pads: readonly number[], fill = 0): string {
    return pads.every((size) => size === 0) ? value : this.node('Pad', [value, this.ints(pads), this.scalar(fill)])
  }

  /** Rows of [rows, size] by number. */
  gatherRows(value: string, order: readonly number[]): string {
    const key = JSON.stringify(order)
    const indices =
      this.#known.get(key) ??
      this.initializer(`rows_${this.#values++}`, BigInt64Array.from(order, BigInt), [order.length], 'int64')
    this.#known.set(key, indices)
    return this.node('Gather', [value, indices], { axis: 0 })
  }

  sum(value: string, axes: readonly number[], keepDims = false): string {
    return this.node('ReduceSum', [value, this.ints(axes)], { keepdims: keepDims ? 1 : 0 })
  }

  /** Batched product; the CPU transposes within the product, elsewhere it is a step of its own. */
  matmul(a: string, b: string, ranks: readonly [number, number], transA = false, transB = false): string {
    if (!transA && !transB) return this.node('MatMul', [a, b])
    if (this.device === 'cpu') {
      return this.node('FusedMatMul', [a, b], { transA: transA ? 1 : 0, transB: transB ? 1 : 0 }, microsoft)
    }
    const turned = (value: string, rank: number, turn: boolean): string => {
      const axes = Array.from({ length: rank }, (_, axis) => axis)
      return turn ? this.transpose(value, [...axes.slice(0, -2), rank - 1, rank - 2]) : value
    }
    return this.node('MatMul', [turned(a, ranks[0], transA), turned(b, ranks[1], transB)])
  }

  /** The nodes that the given values need, in order, and the initializers that these use. */
  collect(outputs: readonly string[]): {
    nodes: NodeDescription[]
    initializers: InitializerDescription[]
    inputs: ValueDescription[]
  } {
    const needed = new Set(outputs)
    const nodes: NodeDescription[] = []
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((output) => needed.has(output))) continue
      node.inputs.forEach((input) => needed.add(input))
      nodes.push(node)
    }
    return {
      nodes: nodes.toReversed(),
      initializers: [...this.#initializers.values()].filter(({ name }) => needed.has(name)),
      inputs: [...this.#inputs.values()].filter(({ name }) => needed.has(name)),
    }
  }
}
