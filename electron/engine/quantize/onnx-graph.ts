import { create, toBinary } from '@bufbuild/protobuf'
import { nodeProto, readModel } from '../graph/model-file.ts'
import { ModelProtoSchema, TensorProtoSchema, ValueInfoProtoSchema } from '../graph/onnx_pb.ts'
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../graph/onnx_pb.ts'
import type { NodeDescription } from '../graph/model-file.ts'

/** ONNX's numbers for the element types that quantised models have (TensorProto.DataType). */
const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6 } as const

type Data = Float32Array | Uint8Array | Int8Array | Int32Array
const typeOf = (data: Data): number => {
  if (data instanceof Float32Array) return elementTypes.float32
  if (data instanceof Uint8Array) return elementTypes.uint8
  return data instanceof Int8Array ? elementTypes.int8 : elementTypes.int32
}

/** A constant of float32 values. */
export interface Floats {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** An exported model that is being rewritten: its nodes in the order of computation, and its constants by name. */
export class OnnxGraph {
  nodes: readonly NodeProto[]
  readonly #model: ModelProto
  readonly #graph: GraphProto
  readonly #constants: Map<string, TensorProto>
  readonly #floats = new Map<string, Floats>()

  constructor(bytes: Uint8Array) {
    this.#model = readModel(bytes)
    this.#graph = this.#model.graph as GraphProto
    this.nodes = this.#graph.node
    this.#constants = new Map(this.#graph.initializer.map((tensor) => [tensor.name, tensor]))
  }

  /** Names of the graph's outputs. */
  get outputs(): string[] {
    return this.#graph.output.map(({ name }) => name)
  }

  /** A constant of float32; nothing where the name is of another type or of something that is computed. */
  floats(name: string | undefined): Floats | undefined {
    const known = this.#floats.get(name ?? '')
    if (known !== undefined) return known
    const tensor = this.#constants.get(name ?? '')
    if (tensor?.dataType !== elementTypes.float32) return undefined
    const { buffer, byteOffset, byteLength } = Uint8Array.from(tensor.rawData)
    const found = { shape: tensor.dims.map(Number), data: new Float32Array(buffer, byteOffset, byteLength / 4) }
    this.#floats.set(tensor.name, found)
    return found
  }

  /** Adds a constant, or replaces the one of that name. */
  constant(name: string, data: Data, shape: readonly number[]): string {
    const rawData = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
    const tensor = create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: typeOf(data), rawData })
    this.#constants.set(name, tensor)
    this.#floats.delete(name)
    return name
  }

  /** Who reads each value. */
  readers(): Map<string, NodeProto[]> {
    const readers = new Map<string, NodeProto[]>()
    for (const node of this.nodes) {
      for (const name of new Set(node.input)) readers.set(name, [...(readers.get(name) ?? []), node])
    }
    return readers
  }

  /** The file; constants that nobody reads are left out. `more` are values to put out besides, as float32. */
  write(more: readonly string[] = []): Uint8Array {
    const used = new Set(this.nodes.flatMap(({ input }) => input))
    const added = more.map((name) =>
      create(ValueInfoProtoSchema, { name, type: { tensorType: { elemType: elementTypes.float32 } } }),
    )
    const graph = {
      ...this.#graph,
      node: [...this.nodes],
      initializer: [...this.#constants.values()].filter(({ name }) => used.has(name)),
      output: [...this.#graph.output, ...added],
    }
    return toBinary(ModelProtoSchema, { ...this.#model, graph })
  }
}

export const makeNode = (description: NodeDescription): NodeProto => nodeProto(description)

/** A list of whole numbers, or nothing where the node leaves the attribute to its default. */
export const intsOf = (node: NodeProto, name: string): number[] | undefined =>
  node.attribute.find((attribute) => attribute.name === name)?.ints.map(Number)
