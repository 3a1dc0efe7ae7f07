import { fusesAfter, lowerChannelAffine, lowerChannelDot, lowerChannelMoments } from './channel-lowering.ts'
import { lowerConv, lowerConvInputGradient, lowerConvWeightGradient } from './convolution-lowering.ts'
import type { Emitter } from './emitter.ts'
import { lowerMaxPoolGradient } from './pooling-lowering.ts'
import type { DType, PrimitiveName } from './primitives.ts'
import { sameShape, sizeOf } from './shapes.ts'
import { is } from './tensor.ts'
import type { Tensor } from './tensor.ts'

/** `valueOf` tells the value of any tensor that comes before this one, for rules that join several primitives. */
type LoweringRule<K extends PrimitiveName> = (
  emit: Emitter,
  inputs: readonly string[],
  tensor: Tensor<K>,
  valueOf: (tensor: Tensor) => string,
) => string

const direct =
  (op: string) =>
  (emit: Emitter, inputs: readonly string[]): string =>
    emit.node(op, inputs)

/** ONNX's numbers for element types, as Cast wants them. */
const elementTypes: Record<DType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 }

const reduced =
  (op: string) =>
  (
    emit: Emitter,
    [x = '']: readonly string[],
    { attributes }: Tensor<'reduceSum' | 'reduceMean' | 'reduceMax'>,
  ): string =>
    emit.node(op, [x, emit.ints(attributes.axes)], { keepdims: attributes.keepDims ? 1 : 0 })

const sum = reduced('ReduceSum')
const mean = reduced('ReduceMean')
const sumOfSquares = reduced('ReduceSumSquare')

/** What is squared before it is summed, if so: then one operator does both in one pass. */
function squareRoot(tensor: Tensor): Tensor | undefined {
  const [squared] = tensor.inputs
  const [left, right] = squared !== undefined && is(squared, 'mul') && squared.shape[0] !== 'N' ? squared.inputs : []
  return left === right ? left : undefined
}

/** An affine map per channel with what follows it (a sum, a ReLU), where the device does all of that in one pass. */
function affineAnd(
  emit: Emitter,
  tensor: Tensor | undefined,
  valueOf: (tensor: Tensor) => string,
  relu: boolean,
): string | undefined {
  if (tensor === undefined) return undefined
  if (fusesAfter(emit, tensor)) return lowerChannelAffine(emit, tensor.inputs.map(valueOf), tensor, { relu })
  if (!is(tensor, 'add')) return undefined
  const affine = tensor.inputs.find((input) => fusesAfter(emit, input) && sameShape(input.shape, tensor.shape))
  const other = tensor.inputs.find((input) => input !== affine)
  if (affine === undefined || other === undefined || !fusesAfter(emit, affine)) return undefined
  if (!sameShape(other.shape, tensor.shape)) return undefined
  return lowerChannelAffine(emit, affine.inputs.map(valueOf), affine, { plus: valueOf(other), relu })
}

/** The product of two conditions as numbers, by way of the conditions: a quarter of the bytes. */
function bothHold(emit: Emitter, { inputs }: Tensor, valueOf: (tensor: Tensor) => string): string | undefined {
  const conditions = inputs.flatMap((factor) => (is(factor, 'cast') ? factor.inputs : []))
  if (conditions.length < 2 || conditions.some(({ dtype }) => dtype !== 'bool')) return undefined
  return emit.node('Cast', [emit.node('And', conditions.map(valueOf))], { to: elementTypes.float32 })
}

/** What every primitive becomes. */
export const loweringRules: { readonly [K in PrimitiveName]: LoweringRule<K> } = {
  input: (emit, _, { attributes: { name, shape, dtype } }) => emit.input(name, shape, dtype),
  constant: (emit, _, { attributes: { data, shape, dtype } }) => emit.constant(data, shape, dtype),

  add: (emit, inputs, tensor, valueOf) => affineAnd(emit, tensor, valueOf, false) ?? emit.node('Add', inputs),
  sub: direct('Sub'),
  mul: (emit, inputs, tensor, valueOf) => bothHold(emit, tensor, valueOf) ?? emit.node('Mul', inputs),
  div: direct('Div'),
  pow: direct('Pow'),
  maximum: direct('Max'),
  minimum: direct('Min'),
  equal: direct('Equal'),
  greater: direct('Greater'),
  where: direct('Where'),

  neg: direct('Neg'),
  abs: direct('Abs'),
  exp: direct('Exp'),
  log: direct('Log'),
  sqrt: direct('Sqrt'),
  reciprocal: direct('Reciprocal'),
  erf: direct('Erf'),
  relu: (emit, inputs, tensor, valueOf) =>
    affineAnd(emit, tensor.inputs[0], valueOf, true) ?? emit.node('Relu', inputs),
  isPositive: (emit, inputs) => {
    // One pass instead of two: a slope so steep that only zero and less come out as 0.
    if (emit.device === 'cpu') return emit.node('HardSigmoid', inputs, { alpha: { float: 3e38 }, beta: { float: 0 } })
    return emit.node('Cast', [emit.node('Greater', [...inputs, emit.scalar(0)])], { to: elementTypes.float32 })
  },
  detach: (_, [x = '']) => x,
  sigmoid: direct('Sigmoid'),
  tanh: direct('Tanh'),
  hardSigmoid: (emit, inputs) => emit.node('HardSigmoid', inputs, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  hardSwish: direct('HardSwish'),
  gelu: (emit, inputs, { attributes }) => emit.node('Gelu', inputs, { approximate: attributes.approximate }),
  clip: (emit, [x = ''], { attributes: { min, max } }) => emit.node('Clip', [x, emit.scalar(min), emit.scalar(max)]),
  cast: (emit, inputs, { attributes: { to } }) => emit.node('Cast', inputs, { to: elementTypes[to] }),

  matmul: (emit, [a = '', b = ''], { attributes, inputs }) => {
    const ranks = [inputs[0]?.shape.length ?? 0, inputs[1]?.shape.length ?? 0] as const
    return emit.matmul(a, b, ranks, attributes.transA, attributes.transB)
  },
  conv: lowerConv,
  convInputGradient: lowerConvInputGradient,
  convWeightGradient: lowerConvWeightGradient,
  maxPool: (emit, inputs, { attributes: { kernel, strides, pads } }) =>
    emit.node('MaxPool', inputs, { kernel_shape: kernel, strides, pads }),
  maxPoolGradient: lowerMaxPoolGradient,
  averagePool: (emit, inputs, { attributes: { kernel, strides, pads, countIncludePad } }) =>
    emit.node('AveragePool', inputs, {
      kernel_shape: kernel,
      strides,
      pads,
      count_include_pad: countIncludePad ? 1 : 0,
    }),

  reduceSum: (emit, inputs, tensor, valueOf) => {
    const root = squareRoot(tensor)
    return root === undefined ? sum(emit, inputs, tensor) : sumOfSquares(emit, [valueOf(root)], tensor)
  },
  reduceMean: (emit, inputs, tensor, valueOf) => {
    const root = squareRoot(tensor)
    if (root === undefined) return mean(emit, inputs, tensor)
    const count = sizeOf(root.shape) / sizeOf(tensor.shape)
    return emit.node('Mul', [sumOfSquares(emit, [valueOf(root)], tensor), emit.scalar(1 / count)])
  },
  reduceMax: reduced('ReduceMax'),

  softmax: (emit, inputs, { attributes: { axis } }) => emit.node('Softmax', inputs, { axis }),
  logSoftmax: (emit, [x = ''], { attributes: { axis } }) => {
    if (emit.device === 'cpu') return emit.node('LogSoftmax', [x], { axis })
    const maximum = emit.node('ReduceMax', [x, emit.ints([axis])], { keepdims: 1 })
    const shifted = emit.node('Sub', [x, maximum])
    return emit.node('Sub', [shifted, emit.node('Log', [emit.sum(emit.node('Exp', [shifted]), [axis], true)])])
  },
  layerNorm: (emit, inputs, { attributes: { axis, epsilon } }) =>
    emit.node('LayerNormalization', inputs, { axis, epsilon: { float: epsilon } }),
  channelAffine: (emit, inputs, tensor) => lowerChannelAffine(emit, inputs, tensor),
  channelMoments: lowerChannelMoments,
  channelDot: lowerChannelDot,
  batchNorm: (emit, inputs, { attributes: { epsilon } }) =>
    emit.node('BatchNormalization', inputs, { epsilon: { float: epsilon } }),

  reshape: (emit, [x = ''], { attributes: { shape } }) => emit.reshape(x, shape),
  transpose: (emit, [x = ''], { attributes: { perm } }) => emit.transpose(x, perm),
  expand: (emit, [x = ''], { attributes: { shape } }) => emit.node('Expand', [x, emit.shape(shape)]),
  slice: (emit, [x = ''], { attributes: { axes, starts, ends, steps } }) =>
    emit.slice(x, axes, starts, ends, steps.every((step) => step === 1) ? undefined : steps),
  concat: (emit, inputs, { attributes: { axis } }) => emit.node('Concat', inputs, { axis }),
  pad: (emit, [x = ''], { attributes: { pads, value } }) => emit.pad(x, pads, value),
  gather: (emit, inputs, { attributes: { axis } }) => emit.node('Gather', inputs, { axis }),
}
