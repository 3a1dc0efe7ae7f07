import { foldWeights } from './fold-weights.ts'
import { lower } from './lowering.ts'
import { writeModel } from './model-file.ts'
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
  return writeModel({ ...foldWeights(model), metadata })
}
