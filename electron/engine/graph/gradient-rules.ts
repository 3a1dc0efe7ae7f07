import {
  abs,
  add,
  cast,
  constant,
  div,
  equal,
  exp,
  expand,
  greater,
  isPositive,
  log,
  matmul,
  mul,
  neg,
  pad,
  pow,
  reciprocal,
  reduceMean,
  reduceSum,
  reshape,
  slice,
  sqrt,
  sub,
  tanh,
  transpose,
  unsqueeze,
  where,
} from './operations.ts'
import type { Pair, PoolAttributes, PrimitiveName, Shape } from './primitives.ts'
import { fixed, sameShape, sizeOf, staticShape } from './shapes.ts'
import { apply } from './tensor.ts'
import type { Tensor } from './tensor.ts'

/** Gradient for each input, as a function so that only those asked for are built; none where it does not exist. */
export type GradientRule<K extends PrimitiveName> = (
  tensor: Tensor<K>,
  gradient: Tensor,
) => readonly ((() => Tensor) | undefined)[]

function at(tensor: Tensor, index: number): Tensor {
  const input = tensor.inputs[index]
  if (input === undefined) throw new Error(`${tensor.op} has no input ${index}`)
  return input
}

/** Sums over the axes along which an operand was repeated. */
function unbroadcast(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient
  const extra = gradient.shape.length - shape.length
  const repeated = gradient.shape.flatMap((size, axis) =>
    axis < extra || (shape[axis - extra] === 1 && size !== 1) ? [axis] : [],
  )
  return reshape(reduceSum(gradient, repeated), shape)
}

const leaf = (): [] => []
const notDifferentiable = (): [] => []

/** An elementwise function of one input: gradient · derivative(x, y). */
const elementwise = (derivative: (x: Tensor, y: Tensor) => Tensor) => (tensor: Tensor, gradient: Tensor) => [
  () => mul(gradient, derivative(at(tensor, 0), tensor)),
]

const float = (condition: Tensor): Tensor => cast(condition, 'float32')

/** Of two equal values each gets half, as in PyTorch. */
const larger = (a: Tensor, b: Tensor): Tensor => add(float(greater(a, b)), mul(float(equal(a, b)), 0.5))

const extreme = (first: (a: Tensor, b: Tensor) => Tensor) => (tensor: Tensor, gradient: Tensor) => {
  const [a, b] = [at(tensor, 0), at(tensor, 1)]
  return [
    () => unbroadcast(mul(gradient, first(a, b)), a.shape),
    () => unbroadcast(mul(gradient, first(b, a)), b.shape),
  ]
}

/** The reduced axes back as axes of size 1. */
function kept(reduced: Tensor, tensor: Tensor<'reduceSum' | 'reduceMean' | 'reduceMax'>): Tensor {
  const { axes } = tensor.attributes
  return reshape(
    reduced,
    at(tensor, 0).shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  )
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

const perChannel = (vector: Tensor, like: Tensor): Tensor =>
  reshape(
    vector,
    like.shape.map((size, axis) => (axis === 1 ? size : 1)),
  )

const allButChannels = (tensor: Tensor): number[] => tensor.shape.map((_, axis) => axis).filter((axis) => axis !== 1)

const batchNorm: GradientRule<'batchNorm'> = (tensor, gradient) => {
  const [x, scale, , mean, variance] = tensor.inputs as [Tensor, Tensor, Tensor, Tensor, Tensor]
  const inverse = reciprocal(sqrt(add(variance, tensor.attributes.epsilon)))
  const shift = reduceSum(gradient, allButChannels(x))
  return [
    () => mul(gradient, perChannel(mul(scale, inverse), x)),
    () => mul(apply('channelDot', [gradient, sub(x, perChannel(mean, x))], {}), inverse),
    () => shift,
  ]
}

const layerNorm: GradientRule<'layerNorm'> = (tensor, gradient) => {
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

const gelu: GradientRule<'gelu'> = (tensor, gradient) => {
  const x = at(tensor, 0)
  if (tensor.attributes.approximate === 'none') {
    // Φ(x) + x·φ(x)
    const below = mul(add(apply('erf', [mul(x, Math.SQRT1_2)], {}), 1), 0.5)
    const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
    return [() => mul(gradient, add(below, mul(x, density)))]
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

const matmulRule: GradientRule<'matmul'> = (tensor, gradient) => {
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

/** Undoes a slice: zeros where nothing was taken. */
const sliceRule: GradientRule<'slice'> = (tensor, gradient) => {
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
const gatherRule: GradientRule<'gather'> = (tensor, gradient) => {
  const [x, indices] = [at(tensor, 0), at(tensor, 1)]
  const { axis } = tensor.attributes
  const shape = staticShape(x.shape)
  const [count, taken] = [shape[axis] ?? 1, sizeOf(indices.shape)]
  const scatter = (): Tensor => {
    const places = constant(
      Int32Array.from({ length: count }, (_, i) => i),
      [1, count],
    )
    const oneHot = float(equal(reshape(cast(indices, 'int32'), [taken, 1]), places))
    const before = shape.slice(0, axis)
    const after = shape.slice(axis + 1)
    const upper = reshape(gradient, [sizeOf(before), taken, sizeOf(after)])
    return reshape(matmul(expand(unsqueeze(oneHot, 0), [sizeOf(before), taken, count]), upper, { transA: true }), shape)
  }
  return [scatter, undefined]
}

/** Derivative of every primitive. */
export const gradientRules: { readonly [K in PrimitiveName]: GradientRule<K> } = {
  input: leaf,
  constant: leaf,

  add: (tensor, gradient) =>
    tensor.inputs.map(
      ({ shape }) =>
        () =>
          unbroadcast(gradient, shape),
    ),
  sub: (tensor, gradient) => [
    () => unbroadcast(gradient, at(tensor, 0).shape),
    () => unbroadcast(neg(gradient), at(tensor, 1).shape),
  ],
  mul: (tensor, gradient) => {
    const [a, b] = [at(tensor, 0), at(tensor, 1)]
    return [() => unbroadcast(mul(gradient, b), a.shape), () => unbroadcast(mul(gradient, a), b.shape)]
  },
  div: (tensor, gradient) => {
    const [a, b] = [at(tensor, 0), at(tensor, 1)]
    return [
      () => unbroadcast(div(gradient, b), a.shape),
      () => unbroadcast(neg(div(mul(gradient, tensor), b)), b.shape),
    ]
  },
  pow: (tensor, gradient) => {
    const [base, exponent] = [at(tensor, 0), at(tensor, 1)]
    return [
      () => unbroadcast(mul(gradient, mul(exponent, pow(base, sub(exponent, 1)))), base.shape),
      () => unbroadcast(mul(gradient, mul(tensor, log(base))), exponent.shape),
    ]
  },
  maximum: extreme(larger),
  minimum: extreme((a, b) => larger(b, a)),
  equal: notDifferentiable,
  greater: notDifferentiable,
  where: (tensor, gradient) => {
    const [condition, a, b] = [at(tensor, 0), at(tensor, 1), at(tensor, 2)]
    return [
      undefined,
      () => unbroadcast(where(condition, gradient, 0), a.shape),
      () => unbroadcast(where(condition, 0, gradient), b.shape),
    ]
  },

  neg: (_, gradient) => [() => neg(gradient)],
  abs: elementwise((x) => sub(float(greater(x, 0)), float(greater(0, x)))),
  exp: elementwise((_, y) => y),
  log: (tensor, gradient) => [() => div(gradient, at(tensor, 0))],
  sqrt: (tensor, gradient) => [() => div(mul(gradient, 0.5), tensor)],
  reciprocal: elementwise((_, y) => neg(mul(y, y))),
  erf: elementwise((x) => mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
  // By its output, which is kept anyway: positive exactly where the input is.
  relu: elementwise((_, y) => isPositive(y)),
  isPositive: notDifferentiable,
  detach: notDifferentiable,
  sigmoid: elementwise((_, y) => mul(y, sub(1, y))),
  tanh: elementwise((_, y) => sub(1, mul(y, y))),
  hardSigmoid: elementwise((x) => mul(float(greater(3, abs(x))), 1 / 6)),
  // 0 up to −3, x/3 + 1/2 between, 1 from 3 on.
  hardSwish: elementwise((x) => where(greater(3, abs(x)), add(mul(x, 1 / 3), 0.5), float(greater(x, 0)))),
  gelu,
  clip: (tensor, gradient) => {
    const { min, max } = tensor.attributes
    return [() => mul(gradient, mul(float(greater(at(tensor, 0), min)), float(greater(max, at(tensor, 0)))))]
  },
  cast: (tensor, gradient) => [at(tensor, 0).dtype === 'float32' ? () => gradient : undefined],

  matmul: matmulRule,
  conv: (tensor, gradient) => {
    const [x, weight] = [at(tensor, 0), at(tensor, 1)]
    const [, , height, width] = x.shape.map(fixed)
    const [, , kernelHeight, kernelWidth] = weight.shape.map(fixed)
    const inputSize = [height ?? 1, width ?? 1] as const
    const kernel = [kernelHeight ?? 1, kernelWidth ?? 1] as const
    return [
      () => apply('convInputGradient', [gradient, weight], { ...tensor.attributes, inputSize }),
      () => apply('convWeightGradient', [x, gradient], { ...tensor.attributes, kernel }),
      () => reduceSum(gradient, [0, 2, 3]),
    ]
  },
  // Both are linear in both inputs, and their derivatives are the convolution and one another.
  convInputGradient: (tensor, gradient) => {
    const [outer, weight] = [at(tensor, 0), at(tensor, 1)]
    const { strides, pads, dilations, group } = tensor.attributes
    const attributes = { strides, pads, dilations, group }
    const [, , height, width] = weight.shape.map(fixed)
    return [
      () => apply('conv', [gradient, weight], attributes),
      () => apply('convWeightGradient', [gradient, outer], { ...attributes, kernel: [height ?? 1, width ?? 1] }),
    ]
  },
  convWeightGradient: (tensor, gradient) => {
    const [x, outer] = [at(tensor, 0), at(tensor, 1)]
    const { strides, pads, dilations, group } = tensor.attributes
    const attributes = { strides, pads, dilations, group }
    const [, , height, width] = x.shape.map(fixed)
    return [
      () => apply('convInputGradient', [outer, gradient], { ...attributes, inputSize: [height ?? 1, width ?? 1] }),
      () => apply('conv', [x, gradient], attributes),
    ]
  },
  maxPool: (tensor, gradient) => [() => apply('maxPoolGradient', [at(tensor, 0), tensor, gradient], tensor.attributes)],
  maxPoolGradient: notDifferentiable,
  averagePool: (tensor, gradient) => {
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
  },

  reduceSum: (tensor, gradient) => [() => expand(kept(gradient, tensor), at(tensor, 0).shape)],
  reduceMean: (tensor, gradient) => {
    const { shape } = at(tensor, 0)
    return [() => expand(mul(kept(gradient, tensor), sizeOf(tensor.shape) / sizeOf(shape)), shape)]
  },
  // Equal maxima share.
  reduceMax: (tensor, gradient) => {
    const x = at(tensor, 0)
    const mask = float(equal(x, kept(tensor, tensor)))
    return [() => mul(mask, div(kept(gradient, tensor), reduceSum(mask, tensor.attributes.axes, true)))]
  },

  softmax: (tensor, gradient) => {
    const weighted = mul(gradient, tensor)
    return [() => sub(weighted, mul(tensor, reduceSum(weighted, [tensor.attributes.axis], true)))]
  },
  logSoftmax: (tensor, gradient) => [
    () => sub(gradient, mul(exp(tensor), reduceSum(gradient, [tensor.attributes.axis], true))),
  ],
  layerNorm,
  batchNorm,
  channelAffine: (tensor, gradient) => {
    const [x, scale] = [at(tensor, 0), at(tensor, 1)]
    return [
      () => mul(gradient, perChannel(scale, x)),
      () => apply('channelDot', [gradient, x], {}),
      () => reduceSum(gradient, allButChannels(x)),
    ]
  },
  // d mean = 1 / n, d variance = 2 (x − mean) / n: together x · scale + shift.
  channelMoments: (tensor, gradient) => {
    const x = at(tensor, 0)
    const row = (moments: Tensor, index: number): Tensor =>
      reshape(slice(moments, { axis: 0, start: index, end: index + 1 }), [x.shape[1] ?? 1])
    const perValue = fixed(x.shape[1]) / sizeOf(x.shape)
    const scale = mul(row(gradient, 1), 2 * perValue)
    const shift = sub(mul(row(gradient, 0), perValue), mul(scale, row(tensor, 0)))
    return [() => apply('channelAffine', [x, scale, shift], { increasing: false })]
  },
  channelDot: (tensor, gradient) => {
    const [a, b] = [at(tensor, 0), at(tensor, 1)]
    return [() => mul(b, perChannel(gradient, b)), () => mul(a, perChannel(gradient, a))]
  },

  reshape: (tensor, gradient) => [() => reshape(gradient, at(tensor, 0).shape)],
  transpose: (tensor, gradient) => {
    const { perm } = tensor.attributes
    return [
      () =>
        transpose(
          gradient,
          perm.map((_, axis) => perm.indexOf(axis)),
        ),
    ]
  },
  expand: (tensor, gradient) => [() => unbroadcast(gradient, at(tensor, 0).shape)],
  slice: sliceRule,
  concat: (tensor, gradient) => {
    const { axis } = tensor.attributes
    const sizes = tensor.inputs.map((part) => fixed(part.shape[axis]))
    const start = (index: number): number => sizes.slice(0, index).reduce((sum, size) => sum + size, 0)
    return sizes.map((size, i) => () => slice(gradient, { axis, start: start(i), end: start(i) + size }))
  },
  pad: (tensor, gradient) => [
    () =>
      pad(
        gradient,
        tensor.attributes.pads.map((size) => -size),
      ),
  ],
  gather: gatherRule,
}
