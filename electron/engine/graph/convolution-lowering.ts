/** How convolutions and the gradients for their inputs become ONNX. */
import {
  blockedConv,
  blockedDepthwiseConv,
  blockedDepthwiseInputGradient,
  blockedInputGradient,
  blockedStemConv,
  turnedPads,
} from './blocked-convolution.ts'
import { blockedWeightGradient } from './blocked-weight-gradient.ts'
import { chooseForm } from './convolution-forms.ts'
import type { Form } from './convolution-forms.ts'
import { geometry } from './convolution-geometry.ts'
import type { Convolution, Geometry } from './convolution-geometry.ts'
import { rowsConv, rowsInputGradient, rowsWeightGradient } from './convolution-rows.ts'
import { weightGradientForms } from './convolution-weight-gradient.ts'
import type { Emitter } from './emitter.ts'
import { staticShape } from './shapes.ts'
import type { Tensor } from './tensor.ts'

/** How much longer ONNX Runtime's own convolutions take than a matrix product, and what turning a weight costs. */
const plainFactor = 1.3
const transposedFactor = 1.9
/** The same where every group has few channels. */
const groupedFactor = 30
const turnCost = 400

const plainCost = ({ macs, group }: Geometry, factor: number): number =>
  macs * (group === 1 ? factor : (factor * groupedFactor) / plainFactor)

/**
 * Operands of an ungrouped convolution. WebGPU of onnxruntime-node 1.30 computes a multiple of 4 channels wrongly from
 * 6, 9, 15 and so on, multiples of 3 that are none of 4 (3 come out rightly): there one more channel, of zeros, joins.
 * @param shape of the weight
 */
function rightlyComputed(emit: Emitter, operands: readonly string[], shape: readonly number[]): readonly string[] {
  const [out = 1, channels = 1] = shape
  const wrongly = emit.device === 'webgpu' && channels > 3 && channels % 3 === 0 && channels % 4 !== 0 && out % 4 === 0
  if (!wrongly) return operands
  const [x = '', weight = '', ...bias] = operands
  const widened = (value: string): string => emit.pad(value, [0, 0, 0, 0, 0, 1, 0, 0])
  return [widened(x), widened(weight), ...bias]
}

const plainConv: Form<'conv'> = {
  name: 'plain',
  cost: (tensor) => plainCost(geometry(tensor), plainFactor),
  lower: (emit, inputs, tensor) => {
    const { strides, pads, dilations, group } = tensor.attributes
    const weight = staticShape(tensor.inputs[1]?.shape ?? [])
    const kernel = weight.slice(2)
    const operands = group === 1 ? rightlyComputed(emit, inputs, weight) : inputs
    return emit.node('Conv', operands, { kernel_shape: kernel, strides, pads, dilations, group })
  },
}

/** The kernel turned by 180° with its channels exchanged, group by group: [C, K/group, h, w]. */
function turnedWeight(emit: Emitter, weight: string, shape: readonly number[], group: number): string {
  const [out = 1, perGroup = 1, height = 1, width = 1] = shape
  const swapped =
    group === 1
      ? emit.transpose(weight, [1, 0, 2, 3])
      : emit.reshape(
          emit.transpose(emit.reshape(weight, [group, out / group, perGroup, height, width]), [0, 2, 1, 3, 4]),
          [group * perGroup, out / group, height, width],
        )
  if (height * width === 1) return swapped
  const end = -(2 ** 31)
  return emit.slice(swapped, [2, 3], [-1, -1], [end, end], [-1, -1])
}

const turnedConv: Form<'convInputGradient'> = {
  name: 'convolution with the turned kernel',
  cost: (tensor) => {
    const sizes = geometry(tensor)
    const { weights, places } = sizes
    if (turnedPads(sizes) === undefined) return undefined
    return plainCost(sizes, plainFactor) + (places === 1 ? 0 : weights * turnCost)
  },
  lower: (emit, [gradient = '', weight = ''], tensor) => {
    const sizes = geometry(tensor)
    const { kernel, dilations, group, channels, out } = sizes
    const turned = turnedWeight(emit, weight, staticShape(tensor.inputs[1]?.shape ?? []), group)
    const pads = turnedPads(sizes) ?? []
    const operands = group === 1 ? rightlyComputed(emit, [gradient, turned], [channels, out]) : [gradient, turned]
    return emit.node('Conv', operands, { kernel_shape: kernel, strides: [1, 1], dilations, group, pads })
  },
}

const transposedConv: Form<'convInputGradient'> = {
  name: 'transposed convolution',
  cost: (tensor) => plainCost(geometry(tensor), transposedFactor),
  lower: (emit, inputs, tensor) => {
    const { kernel, strides, pads, dilations, group, height, width, outHeight, outWidth } = geometry(tensor)
    const missing = ([0, 1] as const).map((axis) => {
      const [size, out] = axis === 0 ? [height, outHeight] : [width, outWidth]
      const covered = (out - 1) * strides[axis] + dilations[axis] * (kernel[axis] - 1) + 1
      return size - (covered - pads[axis] - (pads[axis + 2] ?? 0))
    })
    const attributes = { kernel_shape: kernel, strides, pads, dilations, group, output_padding: missing }
    return emit.node('ConvTranspose', inputs, attributes)
  },
}

export const convolutionForms: { readonly [K in Convolution]: readonly Form<K>[] } = {
  conv: [plainConv, blockedConv, blockedStemConv, blockedDepthwiseConv, rowsConv],
  convInputGradient: [
    turnedConv,
    transposedConv,
    blockedInputGradient,
    blockedDepthwiseInputGradient,
    rowsInputGradient,
  ],
  convWeightGradient: [...weightGradientForms, rowsWeightGradient, blockedWeightGradient],
}

export function lowerConv(emit: Emitter, inputs: readonly string[], tensor: Tensor<'conv'>): string {
  // A finished model meets batches of any size: ONNX Runtime lays it out by itself.
  if (tensor.shape[0] === 'N') return plainConv.lower(emit, inputs, tensor)
  return chooseForm(convolutionForms.conv, emit, tensor).lower(emit, inputs, tensor)
}

export function lowerConvInputGradient(
  emit: Emitter,
  inputs: readonly string[],
  tensor: Tensor<'convInputGradient'>,
): string {
  return chooseForm(convolutionForms.convInputGradient, emit, tensor).lower(emit, inputs, tensor)
}

export function lowerConvWeightGradient(
  emit: Emitter,
  inputs: readonly string[],
  tensor: Tensor<'convWeightGradient'>,
): string {
  return chooseForm(convolutionForms.convWeightGradient, emit, tensor).lower(emit, inputs, tensor)
}
