import { describe, expect, test } from 'vitest'
import * as g from './index.ts'
import { stream } from './random/index.ts'
import type { PrimitiveName, Tensor, TensorValue } from './index.ts'
import { apply } from './graph/tensor.ts'

/** Finite differences of the whole gradient table: nothing here knows a derivative. */
interface Example {
  /** Shapes of the inputs that have a gradient. */
  readonly shapes: readonly (readonly number[])[]
  readonly build: (...inputs: Tensor[]) => Tensor
  /** Values from 0.5 on instead of around 0. */
  readonly positive?: boolean
  /** Values that are whole multiples of 1/4 apart by their index, so that no small step changes which is larger. */
  readonly apart?: boolean
}

const convolution = { strides: [2, 1], pads: [1, 0, 1, 2], dilations: [1, 2], group: 2 } as const
const windows = { kernel: [3, 2], strides: [2, 1], pads: [1, 1, 0, 0] } as const
const unary = (build: (x: Tensor) => Tensor, options: Partial<Example> = {}): Example => {
  return { shapes: [[3, 4]], build, ...options }
}
const binary = (build: (a: Tensor, b: Tensor) => Tensor, options: Partial<Example> = {}): Example => {
  return {
    shapes: [
      [2, 3, 4],
      [3, 1],
    ],
    build,
    ...options,
  }
}

/** One example of each primitive; none for those without a gradient. */
const examples: { readonly [K in PrimitiveName]: Example | undefined } = {
  input: undefined,
  constant: undefined,
  equal: undefined,
  greater: undefined,
  isPositive: undefined,
  detach: undefined,
  maxPoolGradient: undefined,

  add: binary(g.add),
  sub: binary(g.sub),
  mul: binary(g.mul),
  div: binary(g.div, { positive: true }),
  pow: binary(g.pow, { positive: true }),
  maximum: binary(g.maximum, { apart: true }),
  minimum: binary(g.minimum, { apart: true }),
  where: binary((a, b) => g.where(g.greater(g.constant([1, -1, 1, -1]), 0), a, b)),
  neg: unary(g.neg),
  abs: unary(g.abs, { apart: true }),
  exp: unary(g.exp),
  log: unary(g.log, { positive: true }),
  sqrt: unary(g.sqrt, { positive: true }),
  reciprocal: unary(g.reciprocal, { positive: true }),
  erf: unary(g.erf),
  relu: unary(g.relu, { apart: true }),
  sigmoid: unary(g.sigmoid),
  tanh: unary(g.tanh),
  hardSigmoid: unary((x) => g.hardSigmoid(g.mul(x, 2)), { apart: true }),
  hardSwish: unary((x) => g.hardSwish(g.mul(x, 2)), { apart: true }),
  gelu: unary((x) => g.add(g.gelu(x), g.gelu(x, 'tanh'))),
  clip: unary((x) => g.clip(x, -0.6, 0.6), { apart: true }),
  cast: unary((x) => apply('cast', [x], { to: 'float32' })),

  matmul: {
    shapes: [
      [2, 4, 3],
      [5, 4],
    ],
    build: (a, b) => g.matmul(a, b, { transA: true, transB: true }),
  },
  conv: {
    shapes: [[2, 4, 6, 7], [6, 2, 3, 2], [6]],
    build: (...inputs) => apply('conv', inputs, convolution),
  },
  convInputGradient: {
    shapes: [
      [2, 6, 3, 7],
      [6, 2, 3, 2],
    ],
    build: (...inputs) => apply('convInputGradient', inputs, { ...convolution, inputSize: [6, 7] }),
  },
  convWeightGradient: {
    shapes: [
      [2, 4, 6, 7],
      [2, 6, 3, 7],
    ],
    build: (...inputs) => apply('convWeightGradient', inputs, { ...convolution, kernel: [3, 2] }),
  },
  maxPool: { shapes: [[1, 2, 5, 4]], build: (x) => apply('maxPool', [x], windows), apart: true },
  averagePool: {
    shapes: [[1, 2, 5, 4]],
    build: (x) => apply('averagePool', [x], { ...windows, countIncludePad: false }),
  },

  reduceSum: unary((x) => g.reduceSum(x, [0])),
  reduceMean: unary((x) => g.reduceMean(x, [1], true)),
  reduceMax: unary((x) => g.reduceMax(x, [1]), { apart: true }),
  softmax: unary((x) => g.softmax(x, 0)),
  logSoftmax: unary((x) => g.logSoftmax(x)),
  layerNorm: {
    shapes: [
      [2, 3, 4],
      [3, 4],
      [3, 4],
    ],
    build: (x, weight, bias) => apply('layerNorm', [x, weight as Tensor, bias as Tensor], { axis: 1, epsilon: 1e-5 }),
  },
  batchNorm: {
    shapes: [[2, 3, 2, 2], [3], [3]],
    build: (...inputs) =>
      apply('batchNorm', [...inputs, g.constant([0.1, 0.2, 0.3]), g.constant([0.5, 1, 2])], { epsilon: 1e-3 }),
  },
  channelAffine: {
    shapes: [[2, 3, 2, 2], [3], [3]],
    build: (...inputs) => apply('channelAffine', inputs, { increasing: false }),
  },
  channelMoments: { shapes: [[2, 3, 2, 2]], build: (x) => apply('channelMoments', [x], {}) },
  channelDot: {
    shapes: [
      [2, 3, 2, 2],
      [2, 3, 2, 2],
    ],
    build: (...inputs) => apply('channelDot', inputs, {}),
  },

  reshape: unary((x) => g.reshape(x, [2, 6])),
  transpose: { shapes: [[2, 3, 4]], build: (x) => g.transpose(x, [1, 2, 0]) },
  expand: { shapes: [[3, 1]], build: (x) => g.expand(x, [2, 3, 4]) },
  slice: { shapes: [[3, 7]], build: (x) => g.slice(x, { axis: 1, start: 1, end: 7, step: 2 }, { axis: 0, start: 1 }) },
  concat: {
    shapes: [
      [2, 3],
      [2, 1],
    ],
    build: (a, b) => g.concat([a, b as Tensor, a], 1),
  },
  pad: unary((x) => g.pad(x, [1, -1, 0, 2], 3)),
  gather: unary((x) => g.gather(x, g.constant(Int32Array.of(2, 0, 2)), 1)),
}

function values(shape: readonly number[], index: number, { positive, apart }: Example): Float32Array {
  const random = stream({ seed: 7, purpose: `input ${index}` })
  const count = g.sizeOf(shape)
  if (apart)
    return Float32Array.from({ length: count }, (_, i) => (((i * 7 + index * 3) % 17) - 8) / 4 + 0.1 + index / 8)
  return Float32Array.from({ length: count }, () => random.uniform() * 2 + (positive ? 0.5 : -1))
}

describe('The gradient of every primitive agrees with finite differences', () => {
  const checked = Object.entries(examples).flatMap(([name, example]) =>
    example === undefined ? [] : [{ name, example }],
  )

  test.each(checked)('$name', async ({ name, example }) => {
    const inputs = example.shapes.map((shape, i) => g.input(`x${i}`, shape))
    const output = example.build(...inputs)
    const contains = (tensor: Tensor): boolean => tensor.op === name || tensor.inputs.some(contains)
    expect(contains(output)).toBe(true)

    const plain: Example = { shapes: [], build: example.build }
    const upstream = g.constant(values(output.shape as number[], 50, plain), output.shape)
    const found = Object.fromEntries(g.gradients(output, inputs, upstream).map((gradient, i) => [`d${i}`, gradient]))
    const total = g.reduceSum(g.mul(output, upstream))
    const session = await g.openSession(g.writeModel(g.lower({ total, ...found }, { device: 'cpu' })), { threads: 1 })
    const at = example.shapes.map((shape, i) => values(shape, i, example))
    const run = async (points: readonly Float32Array[]): Promise<Record<string, TensorValue>> => {
      const feeds = points.map((data, i) => [`x${i}`, { data, shape: example.shapes[i] ?? [] }] as const)
      return session.run(Object.fromEntries(feeds.filter(([input]) => session.inputNames.includes(input))))
    }
    const gradients = await run(at)

    // Along a random direction for each input alone: a step small enough for the curve, large enough for the rounding.
    const step = 1 / 128
    for (const [i, point] of at.entries()) {
      const direction = values(example.shapes[i] ?? [], 90 + i, plain)
      const moved = (sign: number): Float32Array[] =>
        at.map((other, k) => (k === i ? point.map((x, j) => x + sign * step * (direction[j] ?? 0)) : other))
      const [ahead, behind] = [await run(moved(1)), await run(moved(-1))]
      const slope = (Number(ahead['total']?.data[0]) - Number(behind['total']?.data[0])) / (2 * step)
      const expected = direction.reduce((sum, d, j) => sum + d * Number(gradients[`d${i}`]?.data[j]), 0)
      expect(Math.abs(slope - expected), `input ${i}: ${slope} against ${expected}`).toBeLessThan(
        4e-3 * Math.max(1, Math.abs(expected)),
      )
    }
    await session.close()
  })
})

test('batch norm behind a convolution, signs and pooling moved, is batch norm behind anything else', async () => {
  const [images, kernel] = [g.input('images', [3, 2, 6, 6]), g.input('kernel', [4, 2, 3, 3])]
  const [weight, bias, centre] = [g.input('weight', [4]), g.input('bias', [4]), g.input('centre', [4])]
  const convolved = g.conv2d(images, kernel, { pads: 1 })
  const wrt = [images, kernel, weight, bias]
  const through = (x: Tensor): Tensor[] => {
    const { output, mean, variance } = g.batchNormTraining(x, weight, bias, { centre, pooled: true })
    const pooled = g.maxPool2d(g.relu(output), 2)
    const loss = g.reduceSum(
      g.mul(pooled, g.constant(values([3, 4, 3, 3], 9, { shapes: [], build: (t) => t }), [3, 4, 3, 3])),
    )
    return [pooled, mean, variance, ...g.gradients(loss, wrt)]
  }
  const moved = through(convolved)
  const plain = through(g.add(convolved, 0))
  const outputs = Object.fromEntries([
    ...moved.map((tensor, i) => [`a${i}`, tensor]),
    ...plain.map((tensor, i) => [`b${i}`, tensor]),
  ])
  const session = await g.openSession(g.writeModel(g.lower(outputs, { device: 'cpu' })), { threads: 1 })
  const around: Example = { shapes: [], build: (x) => x }
  const feed = (shape: readonly number[], index: number): TensorValue => ({ data: values(shape, index, around), shape })
  const results = await session.run({
    images: feed([3, 2, 6, 6], 1),
    kernel: feed([4, 2, 3, 3], 2),
    weight: { data: Float32Array.of(1.5, -0.7, 0.2, -2), shape: [4] },
    bias: feed([4], 4),
    centre: feed([4], 5),
  })
  await session.close()
  moved.forEach((_, i) =>
    results[`a${i}`]?.data.forEach((value, k) => expect(value).toBeCloseTo(Number(results[`b${i}`]?.data[k]), 4)),
  )
})

test.each([
  { name: 'make up the whole', middle: [2, 5] as const, joined: true },
  { name: 'overlap', middle: [1, 5] as const, joined: false },
  { name: 'leave something out', middle: [3, 5] as const, joined: false },
])('slices that $name: their gradients are put side by side or added', async ({ middle: [start, end], joined }) => {
  const x = g.input('x', [3, 7])
  const [right, left] = [g.slice(x, { axis: 1, start: 5 }), g.slice(x, { axis: 1, end: 2 })]
  const between = g.slice(x, { axis: 1, start, end })
  const terms = [g.exp(right), g.mul(between, between), g.mul(left, 3)]
  const loss = terms.map((term) => g.reduceSum(term)).reduce((sum, term) => g.add(sum, term))
  const [gradient] = g.gradients(loss, [x]) as [Tensor]
  const { nodes } = g.lower({ gradient }, { device: 'cpu' })
  expect(nodes.some(({ op }) => op === 'Pad')).toBe(!joined)
  const session = await g.openSession(g.writeModel(g.lower({ gradient }, { device: 'cpu' })), { threads: 1 })
  const at = values([3, 7], 1, { shapes: [], build: (own) => own })
  const found = await session.run({ x: { data: at, shape: [3, 7] } })
  await session.close()
  at.forEach((value, i) => {
    const column = i % 7
    const squared = column >= start && column < end ? 2 * value : 0
    const expected = (column < 2 ? 3 : 0) + squared + (column >= 5 ? Math.exp(value) : 0)
    expect(Number(found['gradient']?.data[i])).toBeCloseTo(expected, 5)
  })
})
