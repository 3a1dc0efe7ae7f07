/** The rules of the gradient table that take more than a few lines. */
import { at, allButChannels, perChannel, unbroadcast } from './gradient-rule.ts'
import type { GradientRule } from './gradient-rule.ts'
import {
  add,
  cast,
  constant,
  equal,
  exp,
  expand,
  matmul,
  mul,
  pad,
  reciprocal,
  reduceMean,
  reduceSum,
  reshape,
  sqrt,
  sub,
  tanh,
  unsqueeze,
} from './operations.ts'
import type { Pair, PoolAttributes } from './primitives.ts'
import { fixed, sizeOf, staticShape } from './shapes.ts'
import { apply } from './tensor.ts'
import type { Tensor } from './tensor.ts'

export const batchNorm: GradientRule<'batchNorm'> = (tensor, gradient) => {
  const [x, scale, , mean, variance] = tensor.inputs as [Tensor, Tensor, Tensor, Tensor, Tensor]
  const inverse = reciprocal(sqrt(add(variance, tensor.attributes.epsilon)))
  const shift = reduceSum(gradient, allButChannels(x))
  return [
    () => mul(gradient, perChannel(mul(scale, inverse), x)),
    () => mul(apply('channelDot', [gradient, sub(x, perChannel(mean, x))], {}), inverse),
    () => shift,
  ]
}

export const layerNorm: GradientRule<'layerNorm'> = (tensor, gradient) => {
  const [x, scale] = [at(tensor, 0), at(tensor, 1)]
  const { axis, epsilon } = tensor.attributes
  const normalised = x.shape.map((_, i) => i).slice(axis)
  const others = x.shape.map((_, i) => i).slice(0, axis)
  const centred = sub(x, reduceMean(x, normalised, true))
  const inverse = reciprocal(sqrt(add(reduceMean(mul(centred, centred), normalised, true), epsilon)))
  const unit = mul(centred, inverse)
  const input = (): Tensor => {
    const scaled = mul(gradient, scale)
    const along = mul(unit, reduceMean(mul(scaled, unit), normalised, true))
    return mul(inverse, sub(sub(scaled, reduceMean(scaled, normalised, true)), along))
  }
  return [input, () => reduceSum(mul(gradient, unit), others), () => reduceSum(gradient, others)]
}

export const gelu: GradientRule<'gelu'> = (tensor, gradient) => {
  const x = at(tensor, 0)
  if (tensor.attributes.approximate === 'none') {
    // Φ(x) + x·φ(x); with u = x / √2 the latter is u·exp(−u²) / √π, whose factor goes into the exponent: a pass less.
    const u = mul(x, Math.SQRT1_2)
    const below = mul(add(apply('erf', [u], {}), 1), 0.5)
    const density = exp(sub(-Math.log(Math.PI) / 2, mul(u, u)))
    return [() => mul(gradient, add(below, mul(u, density)))]
  }
  const [slope, cubic] = [Math.sqrt(2 / Math.PI), 0.044715]
  const squared = mul(x, x)
  const inner = tanh(mul(mul(x, slope), add(mul(squared, cubic), 1)))
  const derivative = mul(add(mul(squared, 3 * cubic), 1), slope)
  const bend = mul(mul(x, sub(1, mul(inner, inner))), derivative)
  return [() => mul(gradient, mul(add(add(inner, 1), bend), 0.5))]
}

/** All leading axes joined into one. */
const rows = (value: Tensor): Tensor => reshape(value, [-1, value.shape.at(-1) ?? 1])

export const matmulRule: GradientRule<'matmul'> = (tensor, gradient) => {
  const [a, b] = [at(tensor, 0), at(tensor, 1)]
  const { transA, transB } = tensor.attributes
  const forA = (): Tensor =>
    transA ? matmul(b, gradient, { transA: transB, transB: true }) : matmul(gradient, b, { transB: !transB })
  const forB = (): Tensor => {
    // A shared matrix meets all batches at once: one product over all rows instead of one each and their sum.
    const [left, upper] = b.shape.length === 2 && !transA ? [rows(a), rows(gradient)] : [a, gradient]
    return transB ? matmul(upper, left, { transA: true, transB: transA }) : matmul(left, upper, { transA: !transA })
  }
  return [() => unbroadcast(forA(), a.shape), () => unbroadcast(forB(), b.shape)]
}

/** How many real pixels each window of a pooling holds. */
function windowCounts({ kernel, strides, pads }: PoolAttributes, input: Pair, output: Pair): Float32Array {
  const along = (axis: 0 | 1): number[] =>
    Array.from({ length: output[axis] }, (_, place) => {
      const start = place * strides[axis] - pads[axis]
      return Math.min(start + kernel[axis], input[axis]) - Math.max(start, 0)
    })
  const columns = along(1)
  return Float32Array.from(along(0).flatMap((height) => columns.map((width) => height * width)))
}

export const averagePool: GradientRule<'averagePool'> = (tensor, gradient) => {
  const { kernel, strides, pads, countIncludePad } = tensor.attributes
  const [, channels, height, width] = at(tensor, 0).shape.map(fixed)
  const area = kernel[0] * kernel[1]
  const shape = staticShape(tensor.shape)
  const counts = windowCounts(tensor.attributes, [height ?? 1, width ?? 1], [shape[2] ?? 1, shape[3] ?? 1])
  const weight = constant(new Float32Array((channels ?? 1) * area).fill(1), [channels ?? 1, 1, ...kernel])
  const share = (): Tensor =>
    countIncludePad
      ? mul(gradient, 1 / area)
      : mul(
          gradient,
          constant(
            counts.map((count) => 1 / count),
            shape.slice(2),
          ),
        )
  const attributes = {
    strides,
    pads,
    dilations: [1, 1],
    group: channels ?? 1,
    inputSize: [height ?? 1, width ?? 1],
  } as const
  return [() => apply('convInputGradient', [share(), weight], attributes)]
}

/** Undoes a slice: zeros where nothing was taken. */
export const sliceRule: GradientRule<'slice'> = (tensor, gradient) => {
  const { axes, starts, steps } = tensor.attributes
  const shape = staticShape(at(tensor, 0).shape)
  const restore = (): Tensor => {
    let spread = gradient
    axes.forEach((axis, i) => {
      const step = steps[i] ?? 1
      if (step === 1) return
      const size = fixed(spread.shape[axis])
      const apart = unsqueeze(spread, axis + 1)
      const filled = pad(
        apart,
        apart.shape.flatMap(() => 0).concat(apart.shape.map((_, k) => (k === axis + 1 ? step - 1 : 0))),
      )
      spread = reshape(
        filled,
        spread.shape.map((old, k) => (k === axis ? size * step : old)),
      )
    })
    const before = shape.map((_, axis) => starts[axes.indexOf(axis)] ?? 0)
    const after = shape.map((size, axis) => size - (before[axis] ?? 0) - fixed(spread.shape[axis]))
    return pad(spread, [...before, ...after])
  }
  return [restore]
}

/** Adds each row of the gradient to the row it was taken from: a product with the one-hot indices. */
export const gatherRule: GradientRule<'gather'> = (tensor, gradient) => {
  const [x, indices] = [at(tensor, 0), at(tensor, 1)]
  const { axis } = tensor.attributes
  const shape = staticShape(x.shape)
  const [count, taken] = [shape[axis] ?? 1, sizeOf(indices.shape)]
  const scatter = (): Tensor => {
    const places = constant(
      Int32Array.from({ length: count }, (_, i) => i),
      [1, count],
    )
    const oneHot = cast(equal(reshape(cast(indices, 'int32'), [taken, 1]), places), 'float32')
    const before = shape.slice(0, axis)
    const after = shape.slice(axis + 1)
    const upper = reshape(gradient, [sizeOf(before), taken, sizeOf(after)])
    return reshape(matmul(expand(unsqueeze(oneHot, 0), [sizeOf(before), taken, count]), upper, { transA: true }), shape)
  }
  return [scatter, undefined]
}
