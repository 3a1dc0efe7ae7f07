import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  StringStringEntrySchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from './onnx_pb.ts'
import type { AttributeProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './onnx_pb.ts'
import type { ConstantData, DType, Shape } from './primitives.ts'

export type { AttributeProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './onnx_pb.ts'

/** ONNX's numbers for element types (TensorProto.DataType). */
const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9 } as const satisfies Record<DType, number>

/** ONNX's numbers for attribute types (AttributeProto.AttributeType). */
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const

const irVersion = 9n
const opset = 20n

/** A whole number, a list of them, a string, or a float marked as such, since 1 may be either. */
export type AttributeValue = number | readonly number[] | string | { readonly float: number }

export interface NodeDescription {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  /** Empty for ONNX's own operators. */
  readonly domain?: string
}

export interface ValueDescription {
  readonly name: string
  readonly shape: Shape
  readonly dtype: DType
}

export interface InitializerDescription extends ValueDescription {
  readonly data: ConstantData
}

export interface ModelDescription {
  readonly nodes: readonly NodeDescription[]
  readonly initializers: readonly InitializerDescription[]
  readonly inputs: readonly ValueDescription[]
  readonly outputs: readonly ValueDescription[]
  readonly metadata?: Readonly<Record<string, string>>
}

function attributeProto(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, i: BigInt(value), type: attributeTypes.int })
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, s: new TextEncoder().encode(value), type: attributeTypes.string })
  }
  if ('float' in value) return create(AttributeProtoSchema, { name, f: value.float, type: attributeTypes.float })
  return create(AttributeProtoSchema, { name, ints: value.map(BigInt), type: attributeTypes.ints })
}

export function nodeProto(description: NodeDescription): NodeProto {
  return create(NodeProtoSchema, {
    opType: description.op,
    name: description.outputs[0] ?? '',
    domain: description.domain ?? '',
    input: [...description.inputs],
    output: [...description.outputs],
    attribute: Object.entries(description.attributes ?? {}).map(([name, value]) => attributeProto(name, value)),
  })
}

function valueProto({ name, shape, dtype }: ValueDescription): ValueInfoProto {
  const dim = shape.map((size) => ({
    value:
      size === 'N'
        ? ({ case: 'dimParam', value: size } as const)
        : ({ case: 'dimValue', value: BigInt(size) } as const),
  }))
  return create(ValueInfoProtoSchema, { name, type: { tensorType: { elemType: elementTypes[dtype], shape: { dim } } } })
}

function tensorProto({ name, shape, dtype, data }: InitializerDescription): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: elementTypes[dtype],
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  })
}

/** The ONNX file of a graph: opset 20 and ONNX Runtime's own domains. */
export function writeModel(description: ModelDescription): Uint8Array {
  const domains = new Set(description.nodes.map(({ domain }) => domain ?? ''))
  const model = create(ModelProtoSchema, {
    irVersion,
    producerName: 'fleuron',
    opsetImport: [
      { domain: '', version: opset },
      ...[...domains].filter((domain) => domain !== '').map((domain) => ({ domain, version: 1n })),
    ],
    metadataProps: Object.entries(description.metadata ?? {}).map(([key, text]) => ({ key, value: text })),
    graph: {
      name: 'fleuron',
      node: description.nodes.map(nodeProto),
      initializer: description.initializers.map(tensorProto),
      input: description.inputs.map(valueProto),
      output: description.outputs.map(valueProto),
    },
  })
  return toBinary(ModelProtoSchema, model)
}

/** Throws when the bytes are not an ONNX model. */
export function readModel(bytes: Uint8Array): ModelProto {
  try {
    const model = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: true })
    if (model.graph !== undefined) return model
  } catch (error) {
    throw new Error('This is no ONNX model: the file is damaged or of another kind. Export it again.', { cause: error })
  }
  throw new Error('This is no ONNX model: it holds no graph. Export it again.')
}

/** What the file says about itself (metadata_props). */
export function readMetadata(model: ModelProto): Record<string, string> {
  return Object.fromEntries(model.metadataProps.map(({ key, value: text }) => [key, text]))
}

/** The same model with these entries added or replaced; nothing else of the file changes. */
export function withMetadata(bytes: Uint8Array, metadata: Readonly<Record<string, string>>): Uint8Array {
  const model = readModel(bytes)
  const merged = { ...readMetadata(model), ...metadata }
  model.metadataProps = Object.entries(merged).map(([key, text]) =>
    create(StringStringEntrySchema, { key, value: text }),
  )
  return toBinary(ModelProtoSchema, model)
}
