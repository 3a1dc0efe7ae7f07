/** The closed set of primitives: each name with its attributes. Everything else is composed of these. */

/** A size along one axis. `'N'` is the batch of an exported model, known only when it runs; it can only lead a shape. */
export type Dimension = number | 'N'
export type Shape = readonly Dimension[]
export type DType = 'float32' | 'int32' | 'int64' | 'bool'
export type ConstantData = Float32Array | Int32Array | BigInt64Array | Uint8Array

/** Height and width. */
export type Pair = readonly [number, number]
/** Top, left, bottom, right, as in ONNX. */
export type Pads = readonly [number, number, number, number]

/**
 * What an input of the graph is: `data` differs per step (images, labels, learning rate), `random` holds uniform
 * numbers in [0, 1) drawn by the caller, `parameter` is learned, `buffer` is kept but not learned (running statistics),
 * `state` belongs to the optimiser.
 */
export type InputKind = 'data' | 'random' | 'parameter' | 'buffer' | 'state'

export interface ConvAttributes {
  readonly strides: Pair
  readonly pads: Pads
  readonly dilations: Pair
  readonly group: number
}

export interface PoolAttributes {
  readonly kernel: Pair
  readonly strides: Pair
  readonly pads: Pads
}

export interface ReduceAttributes {
  readonly axes: readonly number[]
  readonly keepDims: boolean
}

type None = Readonly<Record<never, never>>

export interface Primitives {
  input: { readonly name: string; readonly kind: InputKind; readonly shape: Shape; readonly dtype: DType }
  constant: { readonly data: ConstantData; readonly shape: Shape; readonly dtype: DType }

  add: None
  sub: None
  mul: None
  div: None
  pow: None
  maximum: None
  minimum: None
  equal: None
  greater: None
  /** Inputs: condition (bool), value where true, value where false. */
  where: None

  neg: None
  abs: None
  exp: None
  log: None
  sqrt: None
  reciprocal: None
  /** 1 where positive, else 0; no gradient. */
  isPositive: None
  /** The same values; no gradient passes. */
  detach: None
  erf: None
  relu: None
  sigmoid: None
  tanh: None
  hardSigmoid: None
  hardSwish: None
  gelu: { readonly approximate: 'none' | 'tanh' }
  clip: { readonly min: number; readonly max: number }
  cast: { readonly to: DType }

  /** Batched product of the last two axes, each operand transposed first if asked. */
  matmul: { readonly transA: boolean; readonly transB: boolean }
  /** Inputs: x [N,C,H,W], weight [K,C/group,h,w], optionally bias [K]. */
  conv: ConvAttributes
  /** Inputs: gradient of the output, weight. Result: gradient of x, whose height and width are given. */
  convInputGradient: ConvAttributes & { readonly inputSize: Pair }
  /** Inputs: x, gradient of the output. Result: gradient of the weight, whose height and width are given. */
  convWeightGradient: ConvAttributes & { readonly kernel: Pair }
  maxPool: PoolAttributes
  /** Inputs: x, its pooled values, their gradient. The first maximum of a window takes it all. */
  maxPoolGradient: PoolAttributes
  averagePool: PoolAttributes & { readonly countIncludePad: boolean }

  reduceSum: ReduceAttributes
  reduceMean: ReduceAttributes
  reduceMax: ReduceAttributes

  softmax: { readonly axis: number }
  logSoftmax: { readonly axis: number }
  /** Inputs: x, scale, shift; normalised over the axes from `axis` to the last. */
  layerNorm: { readonly axis: number; readonly epsilon: number }
  /** Inputs: x [N,C,...], scale, shift, mean, variance, each [C]; mean and variance are fixed and get no gradient. */
  batchNorm: { readonly epsilon: number }

  /**
   * Inputs: x [N,C,...], scale [C], shift [C]. Result: x · scale + shift in each channel. `increasing` promises that no
   * scale is negative, so that the largest stays the largest.
   */
  channelAffine: { readonly increasing: boolean }
  /**
   * Input: x [N,C,...]. Result [2, C]: mean and biased variance over all axes but C, from the sum and the sum of squares
   * in one pass each; the mean should be of the size of the deviation or less, or digits are lost.
   */
  channelMoments: None
  /** Inputs: two tensors [N,C,...]. Result [C]: the sum of their products over all axes but C. */
  channelDot: None

  reshape: { readonly shape: Shape }
  transpose: { readonly perm: readonly number[] }
  expand: { readonly shape: Shape }
  slice: {
    readonly axes: readonly number[]
    readonly starts: readonly number[]
    readonly ends: readonly number[]
    readonly steps: readonly number[]
  }
  concat: { readonly axis: number }
  /** Constant padding: as many entries before each axis, then as many after. */
  pad: { readonly pads: readonly number[]; readonly value: number }
  /** Inputs: x, indices (int32 or int64) of any shape, which replaces the axis. */
  gather: { readonly axis: number }
}

export type PrimitiveName = keyof Primitives
