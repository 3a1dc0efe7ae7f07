import type { DType, Pair, PrimitiveName, Primitives, ReduceAttributes, Shape } from './primitives.ts'
import { broadcast, fixed, normalAxis, sameShape, sizeOf, windowOutput } from './shapes.ts'

interface Typed {
  readonly shape: Shape
  readonly dtype: DType
}
type ShapeRule<K extends PrimitiveName> = (inputs: readonly Typed[], attributes: Primitives[K]) => Typed

function at(inputs: readonly Typed[], index: number): Typed {
  const input = inputs[index]
  if (input === undefined) throw new Error(`input ${index + 1} is missing`)
  return input
}

function demand(condition: boolean, message: string): void {
  if (!condition) throw new Error(message)
}

const same = (inputs: readonly Typed[]): Typed => {
  const { shape, dtype } = at(inputs, 0)
  return { shape, dtype }
}

const elementwise = (inputs: readonly Typed[]): Typed => {
  const [a, b] = [at(inputs, 0), at(inputs, 1)]
  demand(a.dtype === b.dtype, `${a.dtype} and ${b.dtype} do not mix: cast one of them`)
  return { shape: broadcast(a.shape, b.shape), dtype: a.dtype }
}

const comparison = (inputs: readonly Typed[]): Typed => ({ shape: elementwise(inputs).shape, dtype: 'bool' })

const reduction = (inputs: readonly Typed[], { axes, keepDims }: ReduceAttributes): Typed => {
  const { shape, dtype } = at(inputs, 0)
  const reduced = new Set(axes.map((axis) => normalAxis(axis, shape.length)))
  const kept = shape.flatMap((size, axis) => (reduced.has(axis) ? (keepDims ? [1] : []) : [size]))
  return { shape: kept, dtype }
}

function image(input: Typed): { batch: Shape[number]; channels: number; size: Pair } {
  demand(input.shape.length === 4, 'an image batch [N, C, H, W] is needed')
  const [batch = 1, channels, height, width] = input.shape
  return { batch, channels: fixed(channels), size: [fixed(height), fixed(width)] }
}

const pooled = (inputs: readonly Typed[], { kernel, strides, pads }: Primitives['maxPool']): Typed => {
  const { batch, channels, size } = image(at(inputs, 0))
  demand(
    pads[0] < kernel[0] && pads[2] < kernel[0] && pads[1] < kernel[1] && pads[3] < kernel[1],
    'padding reaches the kernel size',
  )
  return { shape: [batch, channels, ...windowOutput(size, kernel, strides, pads)], dtype: 'float32' }
}

/** Result shape and type of every primitive. */
export const shapeRules: { readonly [K in PrimitiveName]: ShapeRule<K> } = {
  input: (_, { shape, dtype }) => ({ shape, dtype }),
  constant: (_, { data, shape, dtype }) => {
    demand(data.length === sizeOf(shape), `${data.length} values for a shape of ${sizeOf(shape)}`)
    return { shape, dtype }
  },

  add: elementwise,
  sub: elementwise,
  mul: elementwise,
  div: elementwise,
  pow: elementwise,
  maximum: elementwise,
  minimum: elementwise,
  equal: comparison,
  greater: comparison,
  where: (inputs) => {
    demand(at(inputs, 0).dtype === 'bool', 'the condition must be bool')
    const { shape, dtype } = elementwise(inputs.slice(1))
    return { shape: broadcast(at(inputs, 0).shape, shape), dtype }
  },

  neg: same,
  abs: same,
  exp: same,
  log: same,
  sqrt: same,
  reciprocal: same,
  isPositive: same,
  detach: same,
  erf: same,
  relu: same,
  sigmoid: same,
  tanh: same,
  hardSigmoid: same,
  hardSwish: same,
  gelu: same,
  clip: same,
  cast: (inputs, { to }) => ({ shape: at(inputs, 0).shape, dtype: to }),

  matmul: (inputs, { transA, transB }) => {
    const [a, b] = [at(inputs, 0).shape, at(inputs, 1).shape]
    demand(a.length >= 2 && b.length >= 2, 'both operands need two axes')
    const [rows, innerA] = transA ? [a.at(-1), a.at(-2)] : [a.at(-2), a.at(-1)]
    const [innerB, columns] = transB ? [b.at(-1), b.at(-2)] : [b.at(-2), b.at(-1)]
    demand(innerA === innerB, `inner sizes ${innerA} and ${innerB} differ`)
    return {
      shape: [...broadcast(a.slice(0, -2), b.slice(0, -2)), rows ?? 1, columns ?? 1],
      dtype: at(inputs, 0).dtype,
    }
  },
  conv: (inputs, { strides, pads, dilations, group }) => {
    const { batch, channels, size } = image(at(inputs, 0))
    const weight = at(inputs, 1).shape
    demand(weight.length === 4, 'the weight must be [out, in / group, height, width]')
    const [out, perGroup, ...kernel] = weight.map(fixed)
    demand(
      channels === (perGroup ?? 0) * group && (out ?? 0) % group === 0,
      `${channels} channels do not fit the weight in ${group} groups`,
    )
    const bias = inputs[2]
    demand(bias === undefined || sameShape(bias.shape, [out ?? 0]), `the bias must be [${out}]`)
    return {
      shape: [batch, out ?? 0, ...windowOutput(size, kernel as unknown as Pair, strides, pads, dilations)],
      dtype: 'float32',
    }
  },
  convInputGradient: (inputs, { inputSize, group }) => {
    const { batch } = image(at(inputs, 0))
    return { shape: [batch, fixed(at(inputs, 1).shape[1]) * group, ...inputSize], dtype: 'float32' }
  },
  convWeightGradient: (inputs, { kernel, group }) => {
    const [x, gradient] = [image(at(inputs, 0)), image(at(inputs, 1))]
    return { shape: [gradient.channels, x.channels / group, ...kernel], dtype: 'float32' }
  },
  maxPool: pooled,
  maxPoolGradient: (inputs, attributes) => {
    const expected = pooled(inputs, attributes).shape
    demand(
      sameShape(at(inputs, 1).shape, expected) && sameShape(at(inputs, 2).shape, expected),
      'pooled values and gradient must fit the window',
    )
    return same(inputs)
  },
  averagePool: pooled,

  reduceSum: reduction,
  reduceMean: reduction,
  reduceMax: reduction,

  softmax: (inputs, { axis }) => (normalAxis(axis, at(inputs, 0).shape.length), same(inputs)),
  logSoftmax: (inputs, { axis }) => (normalAxis(axis, at(inputs, 0).shape.length), same(inputs)),
  layerNorm: (inputs, { axis }) => {
    const { shape } = at(inputs, 0)
    const normalised = shape.slice(normalAxis(axis, shape.length))
    demand(
      inputs.slice(1).every((input) => sameShape(input.shape, normalised)),
      `scale and shift must be [${normalised.join(', ')}]`,
    )
    return same(inputs)
  },
  batchNorm: (inputs) => {
    const channels = at(inputs, 0).shape[1] ?? 0
    demand(
      inputs.length === 5 && inputs.slice(1).every((input) => sameShape(input.shape, [channels])),
      `scale, shift, mean and variance must be [${channels}]`,
    )
    return same(inputs)
  },
  channelAffine: (inputs) => {
    const channels = at(inputs, 0).shape[1] ?? 0
    demand(
      inputs.length === 3 && inputs.slice(1).every((input) => sameShape(input.shape, [channels])),
      `scale and shift must be [${channels}]`,
    )
    return same(inputs)
  },
  channelMoments: (inputs) => ({ shape: [2, at(inputs, 0).shape[1] ?? 0], dtype: 'float32' }),
  channelDot: (inputs) => {
    demand(sameShape(at(inputs, 0).shape, at(inputs, 1).shape), 'both must have the same shape')
    return { shape: [at(inputs, 0).shape[1] ?? 0], dtype: 'float32' }
  },

  reshape: (inputs, { shape }) => {
    const from = at(inputs, 0)
    const symbolic = from.shape[0] === 'N'
    demand(symbolic === (shape[0] === 'N'), 'a symbolic batch must stay the first axis')
    const rest = (whole: Shape): number => sizeOf(symbolic ? whole.slice(1) : whole)
    demand(rest(from.shape) === rest(shape), `[${from.shape.join(', ')}] has not the size of [${shape.join(', ')}]`)
    return { shape, dtype: from.dtype }
  },
  transpose: (inputs, { perm }) => {
    const { shape, dtype } = at(inputs, 0)
    demand(
      perm.length === shape.length && new Set(perm).size === perm.length,
      `[${perm.join(', ')}] is no permutation of the axes`,
    )
    return { shape: perm.map((axis) => shape[axis] ?? fixed(undefined)), dtype }
  },
  expand: (inputs, { shape }) => {
    demand(sameShape(broadcast(at(inputs, 0).shape, shape), shape), `does not expand to [${shape.join(', ')}]`)
    return { shape, dtype: at(inputs, 0).dtype }
  },
  slice: (inputs, { axes, starts, ends, steps }) => {
    const { shape, dtype } = at(inputs, 0)
    const result = [...shape]
    axes.forEach((axis, i) => {
      const [start, end, step] = [starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1]
      demand(
        start >= 0 && start < end && end <= fixed(shape[axis]) && step > 0,
        `${start}:${end}:${step} lies outside axis ${axis}`,
      )
      result[axis] = Math.ceil((end - start) / step)
    })
    return { shape: result, dtype }
  },
  concat: (inputs, { axis }) => {
    const { shape, dtype } = at(inputs, 0)
    const fits = (other: Shape): boolean =>
      other.length === shape.length && other.every((size, i) => i === axis || size === shape[i])
    demand(
      inputs.every((input) => fits(input.shape)),
      `all axes but ${axis} must agree`,
    )
    const total = inputs.reduce((sum, input) => sum + fixed(input.shape[axis]), 0)
    return { shape: shape.map((size, i) => (i === axis ? total : size)), dtype }
  },
  pad: (inputs, { pads }) => {
    const { shape, dtype } = at(inputs, 0)
    demand(pads.length === 2 * shape.length, 'two numbers per axis are needed')
    const padded = shape.map((size, axis) => {
      const extra = (pads[axis] ?? 0) + (pads[axis + shape.length] ?? 0)
      return extra === 0 && pads[axis] === 0 ? size : fixed(size) + extra
    })
    return { shape: padded, dtype }
  },
  gather: (inputs, { axis }) => {
    const [x, indices] = [at(inputs, 0), at(inputs, 1)]
    demand(indices.dtype === 'int32' || indices.dtype === 'int64', 'indices must be whole numbers')
    return { shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], dtype: x.dtype }
  },
}
