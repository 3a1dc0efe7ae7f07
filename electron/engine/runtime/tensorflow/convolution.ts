/** Convolutions and their gradients, from Fleuron's layout (channels first) to TensorFlow's (channels last) and back. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import type { ConvAttributes, Pads, Pair } from '../../graph/index.ts'
import type { TensorFlow } from './library.ts'

export const toLast = (tf: TensorFlow, x: Tensor): Tensor4D => tf.transpose(x as Tensor4D, [0, 2, 3, 1])
export const toFirst = (tf: TensorFlow, x: Tensor): Tensor4D => tf.transpose(x as Tensor4D, [0, 3, 1, 2])

/** Padding in front, so that every kernel below is `valid`: TensorFlow's own paddings know no asymmetric gradients. */
export function padImage(tf: TensorFlow, x: Tensor4D, pads: Pads, value = 0): Tensor4D {
  if (pads.every((size) => size === 0)) return x
  return tf.pad(
    x,
    [
      [0, 0],
      [pads[0], pads[2]],
      [pads[1], pads[3]],
      [0, 0],
    ],
    value,
  )
}

export const cropImage = (tf: TensorFlow, x: Tensor4D, pads: Pads, [height, width]: Pair): Tensor4D =>
  tf.slice(x, [0, pads[0], pads[1], 0], [-1, height, width, -1])

/** Zeros between the places of a filter [h, w, …]: TensorFlow has no gradient of a dilated convolution. */
function spread(tf: TensorFlow, filter: Tensor4D, [down, across]: Pair): Tensor4D {
  if (down === 1 && across === 1) return filter
  const [height, width, inner, outer] = filter.shape
  const apart = tf.pad(tf.reshape(filter, [height, 1, width, 1, inner * outer]), [
    [0, 0],
    [0, down - 1],
    [0, 0],
    [0, across - 1],
    [0, 0],
  ])
  const wide = tf.reshape(apart, [height * down, width * across, inner, outer]) as Tensor4D
  return tf.slice(wide, [0, 0, 0, 0], [(height - 1) * down + 1, (width - 1) * across + 1, -1, -1])
}

const gather = (tf: TensorFlow, filter: Tensor4D, [down, across]: Pair): Tensor4D =>
  down === 1 && across === 1
    ? filter
    : (tf.stridedSlice(filter, [0, 0, 0, 0], filter.shape, [down, across, 1, 1]) as Tensor4D)

/** [out, in / group, h, w] → [h, w, in / group, out]. */
const toFilter = (tf: TensorFlow, weight: Tensor): Tensor4D => tf.transpose(weight as Tensor4D, [2, 3, 1, 0])
const fromFilter = (tf: TensorFlow, filter: Tensor4D): Tensor4D => tf.transpose(filter, [3, 2, 0, 1])

/** [out, 1, h, w] → [h, w, channels, multiplier]: the outputs of a channel stand together in both. */
const toDepthwise = (tf: TensorFlow, weight: Tensor, channels: number): Tensor4D => {
  const filter = tf.transpose(weight as Tensor4D, [2, 3, 0, 1])
  const [height, width, out] = filter.shape
  return tf.reshape(filter, [height, width, channels, out / channels])
}
const fromDepthwise = (tf: TensorFlow, filter: Tensor4D): Tensor4D => {
  const [height, width, channels, multiplier] = filter.shape
  return tf.transpose(tf.reshape(filter, [height, width, channels * multiplier, 1]), [2, 3, 0, 1]) as Tensor4D
}

const isDepthwise = (channels: number, group: number): boolean => group > 1 && group === channels

/** One part after the other where channels fall into groups. */
function grouped(
  tf: TensorFlow,
  group: number,
  operands: readonly { tensor: Tensor4D; axis: number }[],
  work: (parts: Tensor4D[]) => Tensor4D,
  axis: number,
): Tensor4D {
  if (group === 1) return work(operands.map(({ tensor }) => tensor))
  const parts = operands.map((operand) => tf.split(operand.tensor, group, operand.axis))
  return tf.concat(
    Array.from({ length: group }, (_, index) => work(parts.map((some) => some[index] as Tensor4D))),
    axis,
  )
}

/** x [N, C, H, W], weight [K, C / group, h, w] → [N, K, H', W']. */
export function convolve(tf: TensorFlow, x: Tensor, weight: Tensor, attributes: ConvAttributes): Tensor {
  const { strides, pads, dilations, group } = attributes
  const padded = padImage(tf, toLast(tf, x), pads)
  const channels = padded.shape[3]
  if (isDepthwise(channels, group)) {
    const filter = spread(tf, toDepthwise(tf, weight, channels), dilations)
    return toFirst(tf, tf.depthwiseConv2d(padded, filter, [...strides], 'valid'))
  }
  const operands = [
    { tensor: padded, axis: 3 },
    { tensor: spread(tf, toFilter(tf, weight), dilations), axis: 3 },
  ]
  const result = grouped(
    tf,
    group,
    operands,
    ([image, filter]) => tf.conv2d(image as Tensor4D, filter as Tensor4D, [...strides], 'valid'),
    3,
  )
  return toFirst(tf, result)
}

const kernelAttributes = (strides: Pair) => ({
  strides: [...strides],
  pad: 'valid',
  dataFormat: 'NHWC',
  dimRoundingMode: undefined,
})

const run = (tf: TensorFlow, kernel: string, inputs: Record<string, Tensor>, attributes: object): Tensor4D =>
  tf.engine().runKernel(kernel, inputs, attributes as never) as Tensor4D

/** gradient [N, K, H', W'], weight → gradient of x, [N, C, H, W]. */
export function convolutionInputGradient(
  tf: TensorFlow,
  gradient: Tensor,
  weight: Tensor,
  attributes: ConvAttributes & { readonly inputSize: Pair },
): Tensor {
  const { strides, pads, dilations, group, inputSize } = attributes
  const dy = toLast(tf, gradient)
  const channels = (weight.shape[1] as number) * group
  const padded = [dy.shape[0], inputSize[0] + pads[0] + pads[2], inputSize[1] + pads[1] + pads[3]]
  if (isDepthwise(channels, group)) {
    const filter = spread(tf, toDepthwise(tf, weight, channels), dilations)
    const dx = run(
      tf,
      'DepthwiseConv2dNativeBackpropInput',
      { dy, filter },
      { ...kernelAttributes(strides), dilations: [1, 1], inputShape: [...padded, channels] },
    )
    return toFirst(tf, cropImage(tf, dx, pads, inputSize))
  }
  const inputShape = [...padded, channels / group]
  const dx = grouped(
    tf,
    group,
    [
      { tensor: dy, axis: 3 },
      { tensor: spread(tf, toFilter(tf, weight), dilations), axis: 3 },
    ],
    ([part, filter]) =>
      run(
        tf,
        'Conv2DBackpropInput',
        { dy: part as Tensor, filter: filter as Tensor },
        { ...kernelAttributes(strides), inputShape },
      ),
    3,
  )
  return toFirst(tf, cropImage(tf, dx, pads, inputSize))
}

/** x, gradient of the output → gradient of the weight, [K, C / group, h, w]. */
export function convolutionWeightGradient(
  tf: TensorFlow,
  x: Tensor,
  gradient: Tensor,
  attributes: ConvAttributes & { readonly kernel: Pair },
): Tensor {
  const { strides, pads, dilations, group, kernel } = attributes
  const image = padImage(tf, toLast(tf, x), pads)
  const dy = toLast(tf, gradient)
  const [channels, out] = [image.shape[3], dy.shape[3]]
  const size = ([0, 1] as const).map((axis) => (kernel[axis] - 1) * dilations[axis] + 1)
  if (isDepthwise(channels, group)) {
    const filterShape = [...size, channels, out / channels]
    const filter = run(
      tf,
      'DepthwiseConv2dNativeBackpropFilter',
      { x: image, dy },
      { ...kernelAttributes(strides), dilations: [1, 1], filterShape },
    )
    return fromDepthwise(tf, gather(tf, filter, dilations))
  }
  const filterShape = [...size, channels / group, out / group]
  const filter = grouped(
    tf,
    group,
    [
      { tensor: image, axis: 3 },
      { tensor: dy, axis: 3 },
    ],
    ([part, upstream]) =>
      run(
        tf,
        'Conv2DBackpropFilter',
        { x: part as Tensor, dy: upstream as Tensor },
        { ...kernelAttributes(strides), filterShape },
      ),
    3,
  )
  return fromFilter(tf, gather(tf, filter, dilations))
}
