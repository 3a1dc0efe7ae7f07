/** Layers and activations composed of primitives. */
import {
  abs,
  add,
  clip,
  constant,
  detach,
  div,
  exp,
  gather,
  isPositive,
  log,
  matmul,
  maximum,
  mul,
  neg,
  reciprocal,
  reduceMean,
  reduceSum,
  reshape,
  sigmoid,
  softmax,
  split,
  sqrt,
  sub,
  transpose,
  zeros,
} from './operations.ts'
import type { Pass } from './pass.ts'
import { fixed, normalAxis, sizeOf } from './shapes.ts'
import { apply, is } from './tensor.ts'
import type { Tensor } from './tensor.ts'

export function relu6(x: Tensor): Tensor {
  return clip(x, 0, 6)
}

export function silu(x: Tensor): Tensor {
  return mul(x, sigmoid(x))
}

/** log(1 + exp(x)) without overflow. */
export function softplus(x: Tensor): Tensor {
  // The maximum, unlike relu, has slope 1/2 at 0, which makes the whole slope right there.
  return add(maximum(x, 0), log(add(1, exp(neg(abs(x))))))
}

/** x [..., in], weight [out, in] as PyTorch stores it, bias [out] → [..., out]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const product = matmul(x, weight, { transB: true })
  return bias === undefined ? product : add(product, bias)
}

/** Over the last axes, as many as `weight` has (one if there is none). */
export function layerNorm(
  x: Tensor,
  options: { weight?: Tensor; bias?: Tensor; epsilon?: number; axes?: number } = {},
): Tensor {
  const rank = x.shape.length
  const axis = rank - (options.weight?.shape.length ?? options.axes ?? 1)
  const shape = x.shape.slice(axis)
  const filled = (value: number): Tensor => constant(new Float32Array(sizeOf(shape)).fill(value), shape)
  const inputs = [x, options.weight ?? filled(1), options.bias ?? filled(0)]
  return apply('layerNorm', inputs, { axis, epsilon: options.epsilon ?? 1e-5 })
}

/** LayerNorm over the channels of [N,C,H,W]. */
export function layerNorm2d(x: Tensor, options: { weight: Tensor; bias: Tensor; epsilon?: number }): Tensor {
  return transpose(layerNorm(transpose(x, [0, 2, 3, 1]), options), [0, 3, 1, 2])
}

/** x [N,C,...]: mean and variance over each of `groups` sets of channels. */
export function groupNorm(x: Tensor, groups: number, weight: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  const [batch = 1, channels, ...rest] = x.shape
  const flat = layerNorm(reshape(x, [batch, groups, -1]), { epsilon })
  const perChannel = [fixed(channels), ...rest.map(() => 1)]
  return add(mul(reshape(flat, x.shape), reshape(weight, perChannel)), reshape(bias, perChannel))
}

export interface BatchNormTensors {
  readonly weight: Tensor
  readonly bias: Tensor
  readonly mean: Tensor
  readonly variance: Tensor
}

/** With fixed statistics: (x − mean) / √(variance + ε) · weight + bias, per channel of [N,C,...]. */
export function batchNormInference(x: Tensor, tensors: BatchNormTensors, epsilon = 1e-5): Tensor {
  const { weight, bias, mean, variance } = tensors
  return apply('batchNorm', [x, weight, bias, mean, variance], { epsilon })
}

export interface BatchStatistics {
  readonly output: Tensor
  /** Of the batch, per channel; the variance biased, as it normalises. */
  readonly mean: Tensor
  readonly variance: Tensor
  /** Values per channel. */
  readonly count: number
}

/**
 * With the statistics of the batch. The variance comes from the sum of squares, which is precise only near zero, so the
 * values are brought there first. Where x is a convolution without bias that costs nothing: batch norm takes any constant
 * away again, and so minus `centre`, a guess at the mean (the running one), serves as its bias. Where max pooling follows
 * (`pooled`), the signs of the weight also move into the convolution, so that what remains is increasing and the two may
 * change places.
 */
export function batchNormTraining(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: { epsilon?: number; centre?: Tensor; pooled?: boolean } = {},
): BatchStatistics {
  const channels = fixed(x.shape[1])
  const { epsilon = 1e-5, centre = zeros([channels]), pooled = false } = options
  const wide = x.shape.map((_, axis) => (axis === 1 ? channels : 1))
  const count = sizeOf(x.shape) / channels
  if (is(x, 'conv') && x.inputs.length === 2) {
    const [images, kernel] = x.inputs as [Tensor, Tensor]
    if (!pooled) {
      const values = apply('conv', [images, kernel, neg(centre)], x.attributes)
      const { output, mean, variance } = normalise(values, weight, bias, epsilon, false)
      return { output, mean: add(mean, centre), variance, count }
    }
    const sign = sub(1, mul(isPositive(neg(weight)), 2))
    const turned = mul(kernel, reshape(sign, [channels, 1, 1, 1]))
    const values = apply('conv', [images, turned, mul(neg(sign), centre)], x.attributes)
    const { output, mean, variance } = normalise(values, mul(weight, sign), bias, epsilon, true)
    return { output, mean: add(mul(mean, sign), centre), variance, count }
  }
  const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1)
  const first = detach(reduceMean(x, others))
  const { output, mean, variance } = normalise(sub(x, reshape(first, wide)), weight, bias, epsilon, false)
  return { output, mean: add(mean, first), variance, count }
}

function normalise(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  epsilon: number,
  increasing: boolean,
): Pick<BatchStatistics, 'output' | 'mean' | 'variance'> {
  const moments = apply('channelMoments', [x], {})
  const [mean, variance] = split(moments, 2, 0).map((row) => reshape(row, weight.shape)) as [Tensor, Tensor]
  const scale = mul(weight, reciprocal(sqrt(add(variance, epsilon))))
  const output = apply('channelAffine', [x, scale, sub(bias, mul(mean, scale))], { increasing })
  return { output, mean, variance }
}

/**
 * The layer as PyTorch has it, with `name.weight`, `.bias`, `.running_mean`, `.running_var`: batch statistics and their
 * running average while it learns, the running ones otherwise (in frozen layers, or where the pass freezes statistics).
 * `pooled` says that max pooling follows.
 */
export function batchNorm(
  pass: Pass,
  name: string,
  x: Tensor,
  options: { epsilon?: number; momentum?: number; startWeight?: number; pooled?: boolean } = {},
): Tensor {
  const channels = fixed(x.shape[1])
  const { epsilon = 1e-5, momentum = 0.1, startWeight = 1, pooled = false } = options
  const weight = pass.parameter(`${name}.weight`, [channels], { kind: 'constant', value: startWeight })
  const bias = pass.parameter(`${name}.bias`, [channels], { kind: 'constant', value: 0 })
  const mean = pass.buffer(`${name}.running_mean`, [channels], 0)
  const variance = pass.buffer(`${name}.running_var`, [channels], 1)
  if (!pass.learnsStatistics(`${name}.weight`)) return batchNormInference(x, { weight, bias, mean, variance }, epsilon)

  const batch = batchNormTraining(x, weight, bias, { epsilon, centre: mean, pooled })
  const unbiased = mul(batch.variance, batch.count / Math.max(batch.count - 1, 1))
  pass.update(`${name}.running_mean`, add(mul(mean, 1 - momentum), mul(batch.mean, momentum)))
  pass.update(`${name}.running_var`, add(mul(variance, 1 - momentum), mul(unbiased, momentum)))
  return batch.output
}

/** x · mask / (1 − probability); the mask holds 0 and 1. */
export function dropoutMasked(x: Tensor, mask: Tensor, probability: number): Tensor {
  return mul(x, mul(mask, 1 / (1 - probability)))
}

/** Nothing outside training, or with probability 0. */
export function dropout(pass: Pass, purpose: string, x: Tensor, probability: number): Tensor {
  if (!pass.training || probability === 0) return x
  return dropoutMasked(x, pass.keepMask(purpose, x.shape, probability), probability)
}

/** Stochastic depth: drops whole samples of a residual branch. */
export function dropPath(pass: Pass, purpose: string, branch: Tensor, probability: number): Tensor {
  if (!pass.training || probability === 0) return branch
  const shape = branch.shape.map((size, axis) => (axis === 0 ? size : 1))
  return dropoutMasked(branch, pass.keepMask(purpose, shape, probability), probability)
}

/** softmax(q·kᵀ·scale)·v over [batch, heads, tokens, head size]; scale is 1/√(head size) unless given. */
export function scaledDotProductAttention(query: Tensor, key: Tensor, value: Tensor, scale?: number): Tensor {
  const factor = scale ?? 1 / Math.sqrt(fixed(query.shape.at(-1)))
  return matmul(softmax(mul(matmul(query, key, { transB: true }), factor)), value)
}

/** Reflecting (without repeating the edge) or repeating the edge; pads as for `pad`. */
export function padBy(mode: 'reflect' | 'edge', x: Tensor, pads: readonly number[]): Tensor {
  return x.shape.reduce<Tensor>((padded, dimension, axis) => {
    const [before, after] = [pads[axis] ?? 0, pads[axis + x.shape.length] ?? 0]
    if (before === 0 && after === 0) return padded
    const last = fixed(dimension) - 1
    const source = (i: number): number =>
      mode === 'edge' ? Math.min(Math.max(i, 0), last) : last - Math.abs(last - Math.abs(i))
    const indices = Int32Array.from({ length: before + last + 1 + after }, (_, i) => source(i - before))
    return gather(padded, constant(indices), axis)
  }, x)
}

/** The last axis from its end to its beginning: of photos [N, C, H, W], left and right exchanged. */
export function mirrored(x: Tensor): Tensor {
  const axis = x.shape.length - 1
  const last = fixed(x.shape[axis]) - 1
  return gather(x, constant(Int32Array.from({ length: last + 1 }, (_, i) => last - i)), axis)
}

/** Vectors of length 1 along an axis. */
export function normalize(x: Tensor, axis = -1, epsilon = 1e-12): Tensor {
  const along = [normalAxis(axis, x.shape.length)]
  return div(x, maximum(sqrt(reduceSum(mul(x, x), along, true)), epsilon))
}
