/** How the parts of batch normalisation become ONNX. */
import { microsoft } from './emitter.ts'
import type { Emitter } from './emitter.ts'
import { staticShape } from './shapes.ts'
import { is } from './tensor.ts'
import type { Tensor } from './tensor.ts'

/** A vector as the operand of a broadcast with [N, C, ...]. */
function wide(emit: Emitter, vector: string, shape: readonly number[]): string {
  return emit.reshape(
    vector,
    shape.map((size, axis) => (axis === 1 ? size : 1)),
  )
}

/**
 * x · scale + shift, plus another tensor and through ReLU if asked. On the processor that is a depthwise convolution with
 * a kernel of one pixel: a single pass over the values on all threads, which no elementwise operator offers.
 */
export function lowerChannelAffine(
  emit: Emitter,
  [x = '', scale = '', shift = '']: readonly string[],
  tensor: Tensor<'channelAffine'>,
  after: { readonly plus?: string; readonly relu?: boolean } = {},
): string {
  const { plus, relu = false } = after
  const shape = staticShape(tensor.shape)
  if (fusesAfter(emit, tensor)) {
    const channels = shape[1] ?? 1
    const inputs = [x, emit.reshape(scale, [channels, 1, 1, 1]), shift]
    const attributes = { kernel_shape: [1, 1], group: channels }
    if (plus === undefined && !relu) return emit.node('Conv', inputs, attributes)
    const activation = relu ? { activation: 'Relu' } : {}
    return emit.node(
      'FusedConv',
      [...inputs, ...(plus === undefined ? [] : [plus])],
      { ...attributes, ...activation },
      microsoft,
    )
  }
  const sum = emit.node('Add', [emit.node('Mul', [x, wide(emit, scale, shape)]), wide(emit, shift, shape)])
  const total = plus === undefined ? sum : emit.node('Add', [sum, plus])
  return relu ? emit.node('Relu', [total]) : total
}

/** Whether an addition or a ReLU that follows costs nothing more. */
export function fusesAfter(emit: Emitter, tensor: Tensor): tensor is Tensor<'channelAffine'> {
  return emit.device === 'cpu' && is(tensor, 'channelAffine') && tensor.shape.length === 4
}

/** Below so many pixels the many tiny products of rows take longer than multiplying and summing. */
const fewPixels = 128

/**
 * Σ a·b over all axes but the channels. On the processor a product of rows, faster than multiplying and summing unless
 * the rows are short.
 */
function dot(emit: Emitter, a: string, b: string, shape: readonly number[]): string {
  const [batch = 1, channels = 1, ...rest] = shape
  const inner = rest.reduce((product, size) => product * size, 1)
  if (emit.device !== 'cpu' || inner === 1) {
    const axes = shape.map((_, axis) => axis).filter((axis) => axis !== 1)
    return emit.sum(emit.node('Mul', [a, b]), axes)
  }
  const rows = (value: string): string => emit.reshape(value, [batch * channels, 1, inner])
  const products =
    inner < fewPixels
      ? emit.sum(emit.reshape(emit.node('Mul', [a, b]), [batch * channels, inner]), [1])
      : emit.matmul(rows(a), rows(b), [3, 3], false, true)
  return emit.sum(emit.reshape(products, [batch, channels]), [0])
}

export function lowerChannelDot(
  emit: Emitter,
  [a = '', b = '']: readonly string[],
  tensor: Tensor<'channelDot'>,
): string {
  return dot(emit, a, b, staticShape(tensor.inputs[0]?.shape ?? []))
}

export function lowerChannelMoments(
  emit: Emitter,
  [x = '']: readonly string[],
  tensor: Tensor<'channelMoments'>,
): string {
  const shape = staticShape(tensor.inputs[0]?.shape ?? [])
  const axes = shape.map((_, axis) => axis).filter((axis) => axis !== 1)
  const count = axes.reduce((product, axis) => product * (shape[axis] ?? 1), 1)
  const mean = emit.node('ReduceMean', [x, emit.ints(axes)], { keepdims: 0 })
  const square = emit.node('Mul', [dot(emit, x, x, shape), emit.scalar(1 / count)])
  // Rounding may make the variance of equal values slightly negative.
  const difference = emit.node('Sub', [square, emit.node('Mul', [mean, mean])])
  const variance = emit.node('Max', [difference, emit.scalar(0)])
  const row = (vector: string): string => emit.reshape(vector, [1, shape[1] ?? 1])
  return emit.node('Concat', [row(mean), row(variance)], { axis: 0 })
}
