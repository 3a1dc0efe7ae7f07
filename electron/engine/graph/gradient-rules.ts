import { allButChannels, at, perChannel, unbroadcast } from './gradient-rule.ts'
import type { GradientRule } from './gradient-rule.ts'
import { averagePool, batchNorm, gatherRule, gelu, layerNorm, matmulRule, sliceRule } from './larger-gradient-rules.ts'
import {
  abs,
  add,
  cast,
  div,
  equal,
  exp,
  expand,
  greater,
  isPositive,
  log,
  mul,
  neg,
  pad,
  pow,
  reduceSum,
  reshape,
  slice,
  sub,
  transpose,
  where,
} from './operations.ts'
import type { PrimitiveName } from './primitives.ts'
import { fixed, sizeOf } from './shapes.ts'
import { apply } from './tensor.ts'
import type { Tensor } from './tensor.ts'

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
  averagePool,

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
