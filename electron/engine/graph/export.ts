import { lower } from './lowering.ts'
import { writeModel } from './model-file.ts'
import type { InitializerDescription, ModelDescription, NodeDescription } from './model-file.ts'
import { sizeOf } from './shapes.ts'
import { is, reachable } from './tensor.ts'
import type { Tensor } from './tensor.ts'

export interface ExportOptions {
  /** What the model computes, by the names its users see. */
  readonly outputs: Readonly<Record<string, Tensor>>
  /** Values of the parameters and buffers by name; those that the outputs do not use are left out. */
  readonly parameters: ReadonlyMap<string, Float32Array>
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * An inference model as an ONNX file: weights inside, standard operators alone, so that any runtime takes it. Build the
 * outputs from inputs with the batch `'N'` for a model that takes any number of images. Throws when a parameter that the
 * outputs need has no value or one of the wrong size.
 */
export function exportOnnx({ outputs, parameters, metadata = {} }: ExportOptions): Uint8Array {
  for (const tensor of reachable(Object.values(outputs))) {
    if (!is(tensor, 'input') || tensor.attributes.kind === 'data') continue
    const { name } = tensor.attributes
    const count = parameters.get(name)?.length
    if (count === sizeOf(tensor.shape)) continue
    const found = count === undefined ? 'no value' : `${count} values`
    throw new Error(`'${name}' has ${found} where the model needs [${tensor.shape.join(', ')}]`)
  }
  const model = lower(outputs, { device: 'webgpu', constants: parameters })
  return writeModel({ ...turnWeights(model), metadata })
}

/**
 * Products with a transposed weight (PyTorch stores [out, in]) become plain products: the weight is turned once, here,
 * instead of by every reader. Weights that something else also reads stay as they are.
 */
function turnWeights(model: ModelDescription): ModelDescription {
  const readers = new Map<string, number>()
  for (const { inputs } of model.nodes) inputs.forEach((input) => readers.set(input, (readers.get(input) ?? 0) + 1))
  const weights = new Map(model.initializers.map((weight) => [weight.name, weight]))
  const nodes: NodeDescription[] = []
  const names = new Map<string, string>()
  for (const node of model.nodes) {
    const weight = node.op === 'Transpose' ? weights.get(node.inputs[0] ?? '') : undefined
    if (weight?.shape.length === 2 && readers.get(weight.name) === 1) {
      weights.set(weight.name, turned(weight))
      names.set(node.outputs[0] ?? '', weight.name)
    } else {
      nodes.push({ ...node, inputs: node.inputs.map((input) => names.get(input) ?? input) })
    }
  }
  return { ...model, nodes, initializers: [...weights.values()] }
}

function turned(weight: InitializerDescription): InitializerDescription {
  const [rows = 0, columns = 0] = weight.shape.map(Number)
  const data = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      data[column * rows + row] = Number(weight.data[row * columns + column])
    }
  }
  return { ...weight, shape: [columns, rows], data }
}
