import type { Pads, Pair } from './primitives.ts'
import { staticShape } from './shapes.ts'
import { is } from './tensor.ts'
import type { Tensor } from './tensor.ts'

export type Convolution = 'conv' | 'convInputGradient' | 'convWeightGradient'

/** Sizes of a convolution, the same whether the output or a gradient is asked for. */
export interface Geometry {
  readonly batch: number
  /** Of x. */
  readonly channels: number
  readonly height: number
  readonly width: number
  /** Of the output. */
  readonly out: number
  readonly outHeight: number
  readonly outWidth: number
  readonly kernel: Pair
  readonly strides: Pair
  readonly pads: Pads
  readonly dilations: Pair
  readonly group: number
  /** Pixels of the kernel. */
  readonly places: number
  /** Values of the weight. */
  readonly weights: number
  readonly macs: number
}

/** Shapes of x, weight and output. */
function shapesOf(tensor: Tensor<Convolution>): readonly (readonly number[])[] {
  const [first, second] = tensor.inputs.map(({ shape }) => staticShape(shape)) as [number[], number[]]
  const result = staticShape(tensor.shape)
  if (is(tensor, 'convInputGradient')) return [result, second, first]
  return is(tensor, 'convWeightGradient') ? [first, result, second] : [first, second, result]
}

export function geometry(tensor: Tensor<Convolution>): Geometry {
  const { strides, pads, dilations, group } = tensor.attributes
  const [x = [], weight = [], output = []] = shapesOf(tensor)
  const [batch = 1, channels = 1, height = 1, width = 1] = x
  const [out = 1, perGroup = 1, kernelHeight = 1, kernelWidth = 1] = weight
  const [, , outHeight = 1, outWidth = 1] = output
  const kernel = [kernelHeight, kernelWidth] as const
  const places = kernelHeight * kernelWidth
  const weights = out * perGroup * places
  const macs = batch * outHeight * outWidth * weights
  const sizes = { batch, channels, height, width, out, outHeight, outWidth }
  return { ...sizes, kernel, strides, pads, dilations, group, places, weights, macs }
}

/** Whether every pixel of x is met once by each place of the kernel, one after the other. */
export const isPlain = ({ strides, dilations }: Geometry): boolean =>
  [...strides, ...dilations].every((size) => size === 1)
