/**
 * ONNX Runtime's convolutions for processors work fastest on channels in blocks of 8 or 16 beside one another (NCHWc).
 * It lays out constant weights so by itself; in training the weights change, and the graph must do it.
 */
import type { Form } from './convolution-forms.ts'
import { geometry } from './convolution-geometry.ts'
import type { Geometry } from './convolution-geometry.ts'
import type { Emitter } from './emitter.ts'
import type { AttributeValue } from './model-file.ts'

/** ONNX Runtime's operators on blocks. */
export const blocked = 'com.microsoft.nchwc'

type Attributes = Readonly<Record<string, AttributeValue>>

/** In multiply-adds: carrying a value in or out of the layout, laying out a weight, and doing so turned by 180°. */
const carryCost = 40
const weightCost = 200
const turnedWeightCost = 380

function carried({ batch, channels, height, width, out, outHeight, outWidth }: Geometry): number {
  return batch * (channels * height * width + out * outHeight * outWidth)
}

function fits({ block }: Emitter, { channels, out, group }: Geometry): boolean {
  return block !== undefined && group === 1 && out % block === 0 && channels % block === 0
}

/**
 * [out, in, places] to [out / block, in / block, places, block of in, block of out]. Two moves of one axis each, which
 * ONNX Runtime does as blocks, are faster than one of several.
 */
function weightInBlocks(emit: Emitter, weight: string, { out, channels, places }: Geometry): string {
  const { block = 1 } = emit
  const outside = emit.transpose(emit.reshape(weight, [out / block, block, channels * places]), [0, 2, 1])
  const parts = emit.reshape(outside, [(out / block) * (channels / block), block, places, block])
  return emit.transpose(parts, [0, 2, 1, 3])
}

/** The same for the kernel turned by 180° with its channels exchanged: whole blocks change places, then each is turned. */
function turnedWeightInBlocks(emit: Emitter, weight: string, sizes: Geometry): string {
  const { block = 1 } = emit
  const { out, channels, places } = sizes
  const [outBlocks, inBlocks] = [out / block, channels / block]
  const order = Array.from({ length: inBlocks * outBlocks * places }, (_, index) => {
    const [inBlock, rest] = [Math.floor(index / (outBlocks * places)), index % (outBlocks * places)]
    const [outBlock, place] = [Math.floor(rest / places), rest % places]
    return (outBlock * inBlocks + inBlock) * places + (places - 1 - place)
  })
  const blocks = emit.reshape(weightInBlocks(emit, weight, sizes), [order.length, block * block])
  const moved = emit.gatherRows(blocks, order)
  return emit.transpose(emit.reshape(moved, [order.length, block, block]), [0, 2, 1])
}

function convolve(
  emit: Emitter,
  [x, weight, ...bias]: readonly [string, string, ...string[]],
  [out, channels]: readonly [number, number],
  attributes: Attributes & { readonly kernel_shape: readonly number[] },
): string {
  const shaped = emit.reshape(weight, [out, channels, ...attributes.kernel_shape])
  const inBlocks = emit.node('ReorderInput', [x], {}, blocked)
  const result = emit.node('Conv', [inBlocks, shaped, ...bias], attributes, blocked)
  return emit.node('ReorderOutput', [result], { channels: out }, blocked)
}

export const blockedConv: Form<'conv'> = {
  name: 'blocked',
  cost: (tensor, emit) => {
    const sizes = geometry(tensor)
    if (!fits(emit, sizes)) return undefined
    return sizes.macs * 1.03 + sizes.weights * weightCost + carried(sizes) * carryCost
  },
  lower: (emit, [x = '', weight = '', ...bias], tensor) => {
    const sizes = geometry(tensor)
    const { out, channels, kernel, strides, pads, dilations } = sizes
    const laidOut = weightInBlocks(emit, weight, sizes)
    const attributes = { kernel_shape: kernel, strides, pads, dilations, group: 1 }
    return convolve(emit, [x, laidOut, ...bias], [out, channels], attributes)
  },
}

/** So few channels that they fill no block stay side by side; only the output is in blocks. */
export const blockedStemConv: Form<'conv'> = {
  name: 'blocked output',
  cost: (tensor, emit) => {
    const sizes = geometry(tensor)
    const { block = 1 } = emit
    if (emit.block === undefined || sizes.group !== 1 || sizes.channels >= block || sizes.out % block !== 0) {
      return undefined
    }
    return sizes.macs * 1.03 + sizes.weights * weightCost + carried(sizes) * carryCost
  },
  lower: (emit, [x = '', weight = '', ...bias], tensor) => {
    const { block = 1 } = emit
    const { out, channels, kernel, places, strides, pads, dilations } = geometry(tensor)
    const outside = emit.transpose(emit.reshape(weight, [out / block, block, channels * places]), [0, 2, 1])
    const shaped = emit.reshape(outside, [out, channels, ...kernel])
    const attributes = { kernel_shape: kernel, strides, pads, dilations, group: 1 }
    return emit.node(
      'ReorderOutput',
      [emit.node('Conv', [x, shaped, ...bias], attributes, blocked)],
      { channels: out },
      blocked,
    )
  },
}

export const blockedInputGradient: Form<'convInputGradient'> = {
  name: 'blocked convolution with the turned kernel',
  cost: (tensor, emit) => {
    const sizes = geometry(tensor)
    if (!fits(emit, sizes) || turnedPads(sizes) === undefined) return undefined
    return sizes.macs * 1.03 + sizes.weights * turnedWeightCost + carried(sizes) * carryCost
  },
  lower: (emit, [gradient = '', weight = ''], tensor) => {
    const sizes = geometry(tensor)
    const { out, channels, kernel, dilations } = sizes
    const pads = turnedPads(sizes) ?? []
    const attributes = { kernel_shape: kernel, strides: [1, 1], pads, dilations, group: 1 }
    return convolve(emit, [gradient, turnedWeightInBlocks(emit, weight, sizes)], [channels, out], attributes)
  },
}

/** In multiply-adds of a fast product: one of a depthwise convolution in blocks. */
const depthwiseFactor = 7

const isDepthwise = ({ group, channels, out }: Geometry): boolean => group === channels && out === channels

function depthwiseCost(emit: Emitter, sizes: Geometry): number | undefined {
  const { block } = emit
  if (block === undefined || !isDepthwise(sizes) || sizes.channels % block !== 0) return undefined
  return sizes.macs * depthwiseFactor + carried(sizes) * carryCost
}

/** Each channel by itself; weight [channels, 1, height, width]. */
function convolveEach(
  emit: Emitter,
  [x, weight, ...bias]: readonly [string, string, ...string[]],
  { channels, kernel, places }: Geometry,
  attributes: Attributes,
): string {
  const { block = 1 } = emit
  const inside = emit.transpose(emit.reshape(weight, [channels / block, block, places]), [0, 2, 1])
  const all = { ...attributes, kernel_shape: kernel, group: channels }
  return convolve(emit, [x, inside, ...bias], [channels, 1], all)
}

export const blockedDepthwiseConv: Form<'conv'> = {
  name: 'blocked depthwise',
  cost: (tensor, emit) => depthwiseCost(emit, geometry(tensor)),
  lower: (emit, [x = '', weight = '', ...bias], tensor) => {
    const sizes = geometry(tensor)
    const { strides, pads, dilations } = sizes
    return convolveEach(emit, [x, weight, ...bias], sizes, { strides, pads, dilations })
  },
}

export const blockedDepthwiseInputGradient: Form<'convInputGradient'> = {
  name: 'blocked depthwise with the turned kernel',
  cost: (tensor, emit) => {
    const sizes = geometry(tensor)
    return turnedPads(sizes) === undefined ? undefined : depthwiseCost(emit, sizes)
  },
  lower: (emit, [gradient = '', weight = ''], tensor) => {
    const sizes = geometry(tensor)
    const { channels, dilations, places } = sizes
    const order = Array.from({ length: places }, (_, place) => places - 1 - place)
    const turned = emit.node('Gather', [emit.reshape(weight, [channels, places]), emit.ints(order)], { axis: 1 })
    const pads = turnedPads(sizes) ?? []
    return convolveEach(emit, [gradient, turned], sizes, { strides: [1, 1], pads, dilations })
  },
}

/** Padding with which the turned kernel gives the gradient of x; none where that takes more than a convolution. */
export function turnedPads({ kernel, strides, pads, dilations }: Geometry): readonly number[] | undefined {
  const reach = ([0, 1] as const).map((axis) => dilations[axis] * (kernel[axis] - 1))
  const turned = pads.map((size, side) => (reach[side % 2] ?? 0) - size)
  return strides.every((stride) => stride === 1) && turned.every((size) => size >= 0) ? turned : undefined
}
