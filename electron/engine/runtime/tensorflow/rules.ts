/** What every primitive is in TensorFlow. A primitive without an entry does not compile. */
import type { Tensor as TfTensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import type { DType, PrimitiveName, Shape, Tensor } from '../../graph/index.ts'
import {
  convolutionInputGradient,
  convolutionWeightGradient,
  convolve,
  cropImage,
  padImage,
  toFirst,
  toLast,
} from './convolution.ts'
import type { TensorFlow } from './library.ts'

interface Context {
  readonly tf: TensorFlow
  /** Size of the symbolic batch. */
  readonly batch: number
}

type Rule<K extends PrimitiveName> = (context: Context, inputs: readonly TfTensor[], tensor: Tensor<K>) => TfTensor

/** TensorFlow.js has no 64-bit integers; Fleuron's are shapes and indices, far below 2³¹. */
export const typeOf: Record<DType, 'float32' | 'int32' | 'bool'> = {
  float32: 'float32',
  int32: 'int32',
  int64: 'int32',
  bool: 'bool',
}

const at = (inputs: readonly TfTensor[], place: number): TfTensor => {
  const input = inputs[place]
  if (input === undefined) throw new Error(`input ${place + 1} is missing`)
  return input
}

type Unary = (tf: TensorFlow, x: TfTensor) => TfTensor
const unary =
  (work: Unary) =>
  ({ tf }: Context, inputs: readonly TfTensor[]): TfTensor =>
    work(tf, at(inputs, 0))
const binary =
  (work: (tf: TensorFlow, a: TfTensor, b: TfTensor) => TfTensor) =>
  ({ tf }: Context, inputs: readonly TfTensor[]): TfTensor =>
    work(tf, at(inputs, 0), at(inputs, 1))

const sized = (shape: Shape, batch: number): number[] => shape.map((size) => (size === 'N' ? batch : size))

/** A vector as the operand of a broadcast with [N, C, …]. */
const wide = (tf: TensorFlow, vector: TfTensor, rank: number): TfTensor =>
  tf.reshape(vector, [1, -1, ...Array.from({ length: rank - 2 }, () => 1)])

const allButChannels = (x: TfTensor): number[] => x.shape.map((_, axis) => axis).filter((axis) => axis !== 1)

const hardSigmoid: Unary = (tf, x) => tf.clipByValue(tf.add(tf.mul(x, 1 / 6), 0.5), 0, 1)

function gelu(tf: TensorFlow, x: TfTensor, approximate: 'none' | 'tanh'): TfTensor {
  const inner =
    approximate === 'none'
      ? tf.erf(tf.mul(x, Math.SQRT1_2))
      : tf.tanh(tf.mul(tf.add(x, tf.mul(tf.mul(tf.mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI)))
  return tf.mul(tf.mul(x, 0.5), tf.add(inner, 1))
}

function logSoftmax(tf: TensorFlow, x: TfTensor, axis: number): TfTensor {
  const shifted = tf.sub(x, tf.max(x, axis, true))
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), axis, true)))
}

const normalised = (tf: TensorFlow, x: TfTensor, mean: TfTensor, variance: TfTensor, epsilon: number): TfTensor =>
  tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)))

/** Both operands with the same leading axes: TensorFlow.js broadcasts them wrongly where both have some. */
function matmul(tf: TensorFlow, a: TfTensor, b: TfTensor, transA: boolean, transB: boolean): TfTensor {
  const leading = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  const stretched = (x: TfTensor): TfTensor => tf.broadcastTo(x, [...leading, ...x.shape.slice(-2)])
  const alike = [a, b].every(
    ({ shape }) => shape.length === leading.length + 2 && leading.every((size, axis) => size === shape[axis]),
  )
  return alike ? tf.matMul(a, b, transA, transB) : tf.matMul(stretched(a), stretched(b), transA, transB)
}

const cut = (size: number): number => Math.max(-size, 0)

/** Cuts where a padding is negative, then pads. */
function pad(tf: TensorFlow, x: TfTensor, pads: readonly number[], value: number): TfTensor {
  const rank = x.shape.length
  const [before, after] = [pads.slice(0, rank), pads.slice(rank)]
  const kept = tf.slice(
    x,
    before.map(cut),
    x.shape.map((size, axis) => size - cut(before[axis] as number) - cut(after[axis] as number)),
  )
  const added = before.map((size, axis) => [Math.max(size, 0), Math.max(after[axis] as number, 0)] as [number, number])
  return tf.pad(kept, added, value)
}

const lowest = -3.4028234663852886e38

export const tensorFlowRules: { readonly [K in PrimitiveName]: Rule<K> } = {
  input: (_, __, { attributes: { name } }) => {
    throw new Error(`there is no value for '${name}'`)
  },
  constant: ({ tf }, _, { attributes: { data, shape, dtype } }) =>
    tf.tensor(data instanceof BigInt64Array ? Int32Array.from(data, Number) : data, sized(shape, 1), typeOf[dtype]),

  add: binary((tf, a, b) => tf.add(a, b)),
  sub: binary((tf, a, b) => tf.sub(a, b)),
  mul: binary((tf, a, b) => tf.mul(a, b)),
  div: binary((tf, a, b) => tf.div(a, b)),
  pow: binary((tf, a, b) => tf.pow(a, b)),
  maximum: binary((tf, a, b) => tf.maximum(a, b)),
  minimum: binary((tf, a, b) => tf.minimum(a, b)),
  equal: binary((tf, a, b) => tf.equal(a, b)),
  greater: binary((tf, a, b) => tf.greater(a, b)),
  where: ({ tf }, inputs) => tf.where(at(inputs, 0), at(inputs, 1), at(inputs, 2)),

  neg: unary((tf, x) => tf.neg(x)),
  abs: unary((tf, x) => tf.abs(x)),
  exp: unary((tf, x) => tf.exp(x)),
  log: unary((tf, x) => tf.log(x)),
  sqrt: unary((tf, x) => tf.sqrt(x)),
  reciprocal: unary((tf, x) => tf.reciprocal(x)),
  isPositive: unary((tf, x) => tf.cast(tf.greater(x, 0), 'float32')),
  detach: unary((tf, x) => tf.clone(x)),
  erf: unary((tf, x) => tf.erf(x)),
  relu: unary((tf, x) => tf.relu(x)),
  sigmoid: unary((tf, x) => tf.sigmoid(x)),
  tanh: unary((tf, x) => tf.tanh(x)),
  hardSigmoid: unary(hardSigmoid),
  hardSwish: unary((tf, x) => tf.mul(x, hardSigmoid(tf, x))),
  gelu: ({ tf }, inputs, { attributes: { approximate } }) => gelu(tf, at(inputs, 0), approximate),
  clip: ({ tf }, inputs, { attributes: { min, max } }) => tf.clipByValue(at(inputs, 0), min, max),
  cast: ({ tf }, inputs, { attributes: { to } }) => tf.cast(at(inputs, 0), typeOf[to]),

  matmul: ({ tf }, inputs, { attributes: { transA, transB } }) =>
    matmul(tf, at(inputs, 0), at(inputs, 1), transA, transB),
  conv: ({ tf }, inputs, { attributes }) => {
    const result = convolve(tf, at(inputs, 0), at(inputs, 1), attributes)
    return inputs[2] === undefined ? result : tf.add(result, wide(tf, inputs[2], 4))
  },
  convInputGradient: ({ tf }, inputs, { attributes }) =>
    convolutionInputGradient(tf, at(inputs, 0), at(inputs, 1), attributes),
  convWeightGradient: ({ tf }, inputs, { attributes }) =>
    convolutionWeightGradient(tf, at(inputs, 0), at(inputs, 1), attributes),
  maxPool: ({ tf }, inputs, { attributes: { kernel, strides, pads } }) => {
    const padded = padImage(tf, toLast(tf, at(inputs, 0)), pads, lowest)
    return toFirst(tf, tf.maxPool(padded, [...kernel], [...strides], 'valid'))
  },
  maxPoolGradient: ({ tf }, inputs, { attributes: { kernel, strides, pads } }) => {
    const x = toLast(tf, at(inputs, 0))
    const input = padImage(tf, x, pads, lowest)
    const [output, dy] = [toLast(tf, at(inputs, 1)), toLast(tf, at(inputs, 2))]
    const attributes = { filterSize: [...kernel], strides: [...strides], pad: 'valid', dimRoundingMode: undefined }
    const dx = tf.engine().runKernel('MaxPoolGrad', { dy, input, output }, attributes as never) as Tensor4D
    return toFirst(tf, cropImage(tf, dx, pads, [x.shape[1], x.shape[2]]))
  },
  averagePool: ({ tf }, inputs, { attributes: { kernel, strides, pads, countIncludePad } }) => {
    const x = toLast(tf, at(inputs, 0))
    const average = (image: Tensor4D): Tensor4D =>
      tf.avgPool(padImage(tf, image, pads), [...kernel], [...strides], 'valid')
    const pooled = average(x)
    // The share of each window that lies within the photo.
    return toFirst(tf, countIncludePad ? pooled : tf.div(pooled, average(tf.onesLike(x))))
  },

  reduceSum: ({ tf }, inputs, { attributes: { axes, keepDims } }) => tf.sum(at(inputs, 0), [...axes], keepDims),
  reduceMean: ({ tf }, inputs, { attributes: { axes, keepDims } }) => tf.mean(at(inputs, 0), [...axes], keepDims),
  reduceMax: ({ tf }, inputs, { attributes: { axes, keepDims } }) => tf.max(at(inputs, 0), [...axes], keepDims),

  softmax: ({ tf }, inputs, { attributes: { axis } }) => tf.exp(logSoftmax(tf, at(inputs, 0), axis)),
  logSoftmax: ({ tf }, inputs, { attributes: { axis } }) => logSoftmax(tf, at(inputs, 0), axis),
  layerNorm: ({ tf }, inputs, { attributes: { axis, epsilon } }) => {
    const x = at(inputs, 0)
    const axes = x.shape.map((_, place) => place).slice(axis)
    const { mean, variance } = tf.moments(x, axes, true)
    return tf.add(tf.mul(normalised(tf, x, mean, variance, epsilon), at(inputs, 1)), at(inputs, 2))
  },
  batchNorm: ({ tf }, inputs, { attributes: { epsilon } }) => {
    const x = at(inputs, 0)
    const [scale, shift, mean, variance] = [1, 2, 3, 4].map((place) => wide(tf, at(inputs, place), x.shape.length)) as [
      TfTensor,
      TfTensor,
      TfTensor,
      TfTensor,
    ]
    return tf.add(tf.mul(normalised(tf, x, mean, variance, epsilon), scale), shift)
  },
  channelAffine: ({ tf }, inputs) => {
    const x = at(inputs, 0)
    const rank = x.shape.length
    return tf.add(tf.mul(x, wide(tf, at(inputs, 1), rank)), wide(tf, at(inputs, 2), rank))
  },
  channelMoments: ({ tf }, inputs) => {
    const x = at(inputs, 0)
    const { mean, variance } = tf.moments(x, allButChannels(x))
    return tf.stack([mean as Tensor1D, variance as Tensor1D])
  },
  channelDot: ({ tf }, inputs) => {
    const [a, b] = [at(inputs, 0), at(inputs, 1)]
    return tf.sum(tf.mul(a, b), allButChannels(a))
  },

  reshape: ({ tf, batch }, inputs, { attributes: { shape } }) => tf.reshape(at(inputs, 0), sized(shape, batch)),
  transpose: ({ tf }, inputs, { attributes: { perm } }) => tf.transpose(at(inputs, 0), [...perm]),
  expand: ({ tf, batch }, inputs, { attributes: { shape } }) => tf.broadcastTo(at(inputs, 0), sized(shape, batch)),
  slice: ({ tf }, inputs, { attributes: { axes, starts, ends, steps } }) => {
    const x = at(inputs, 0)
    const along = (values: readonly number[], usual: readonly number[]): number[] =>
      usual.map((value, axis) => values[axes.indexOf(axis)] ?? value)
    const zeros = x.shape.map(() => 0)
    const ones = x.shape.map(() => 1)
    return tf.stridedSlice(x, along(starts, zeros), along(ends, x.shape), along(steps, ones))
  },
  concat: ({ tf }, inputs, { attributes: { axis } }) => tf.concat([...inputs], axis),
  pad: ({ tf }, inputs, { attributes: { pads, value } }) => pad(tf, at(inputs, 0), pads, value),
  gather: ({ tf }, inputs, { attributes: { axis } }) =>
    tf.gather(at(inputs, 0), tf.cast(at(inputs, 1), 'int32') as Tensor1D, axis),
}
