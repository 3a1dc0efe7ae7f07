import { describe, expect, test } from 'vitest'
import { applicableForms } from './graph/convolution-forms.ts'
import type { Form } from './graph/convolution-forms.ts'
import type { Convolution } from './graph/convolution-geometry.ts'
import { convolutionForms } from './graph/convolution-lowering.ts'
import { Emitter } from './graph/emitter.ts'
import { apply } from './graph/tensor.ts'
import type { Tensor } from './graph/tensor.ts'
import * as g from './index.ts'
import { stream } from './random/index.ts'

/**
 * Every form of a convolution and of its gradients against the plain ones. The plain convolution and the transposed one
 * are ONNX Runtime's own; the gradient of the weight is what finite differences and PyTorch agree with elsewhere
 * (gradients.test.ts, models/), here held to the sum of products it stands for.
 */

const block = await g.channelBlock()
if (block === undefined) process.stderr.write('NOT RUN: convolutions in blocks. This processor has none.\n')

interface Case {
  readonly name: string
  /** [N, C, H, W] and [K, C/group, h, w]. */
  readonly x: readonly [number, number, number, number]
  readonly weight: readonly [number, number, number, number]
  readonly options?: Omit<g.ConvOptions, 'bias'>
}

const cases: readonly Case[] = [
  { name: '3×3', x: [2, 4, 9, 8], weight: [6, 4, 3, 3], options: { pads: 1 } },
  { name: '3×3 without padding', x: [2, 4, 9, 8], weight: [6, 4, 3, 3] },
  { name: '3×5 uneven padding', x: [1, 4, 7, 8], weight: [3, 4, 3, 5], options: { pads: [0, 3, 2, 1] } },
  { name: '1×7', x: [2, 4, 5, 8], weight: [6, 4, 1, 7], options: { pads: [0, 3, 0, 3] } },
  { name: '5×1', x: [2, 4, 8, 5], weight: [6, 4, 5, 1], options: { pads: [2, 0, 2, 0] } },
  { name: 'depthwise', x: [2, 32, 6, 5], weight: [32, 1, 3, 3], options: { pads: 1, group: 32 } },
  { name: 'depthwise, stride 2', x: [2, 32, 7, 6], weight: [32, 1, 3, 3], options: { pads: 1, group: 32, strides: 2 } },
  { name: 'in groups', x: [2, 4, 6, 5], weight: [6, 2, 3, 3], options: { pads: 1, group: 2 } },
  { name: '1×1', x: [3, 16, 2, 2], weight: [32, 16, 1, 1] },
  { name: '1×1, stride 2', x: [2, 16, 6, 5], weight: [32, 16, 1, 1], options: { strides: 2 } },
  { name: '1×1 padded', x: [2, 4, 3, 2], weight: [6, 4, 1, 1], options: { pads: 1 } },
  { name: 'many channels, few pixels', x: [3, 16, 3, 3], weight: [48, 16, 3, 3], options: { pads: 1 } },
  { name: '3×3, stride 2', x: [2, 32, 9, 8], weight: [48, 32, 3, 3], options: { pads: 1, strides: 2 } },
  { name: 'stem', x: [2, 3, 20, 18], weight: [32, 3, 7, 7], options: { pads: 3, strides: 2 } },
  { name: 'a block of images', x: [16, 5, 6, 7], weight: [32, 5, 3, 3], options: { pads: 1 } },
  { name: 'two blocks of images, stride 2', x: [32, 4, 8, 7], weight: [16, 4, 3, 3], options: { pads: 1, strides: 2 } },
  { name: 'a block of images, 1×1, stride 2', x: [16, 4, 6, 5], weight: [16, 4, 1, 1], options: { strides: 2 } },
  {
    name: 'a block of images, uneven padding, dilated',
    x: [16, 3, 9, 8],
    weight: [16, 3, 3, 3],
    options: { pads: [0, 2, 1, 1], dilations: [1, 2] },
  },
  {
    name: 'blocks, uneven padding, dilated',
    x: [2, 32, 9, 8],
    weight: [48, 32, 3, 3],
    options: { pads: [0, 2, 1, 1], dilations: [1, 2] },
  },
]

const values = (shape: readonly number[], purpose: string): Float32Array => {
  const random = stream({ seed: 3, purpose })
  return Float32Array.from({ length: g.sizeOf(shape) }, () => random.uniform(-1, 1))
}

async function compute<K extends Convolution>(form: Form<K>, tensor: Tensor<K>): Promise<Float32Array> {
  const emit = new Emitter('cpu', block)
  const names = tensor.inputs.map(({ shape }, index) => emit.input(`input ${index}`, shape, 'float32'))
  const value = form.lower(emit, names, tensor)
  const outputs = [{ name: value, shape: tensor.shape, dtype: 'float32' }] as const
  const session = await g.openSession(g.writeModel({ ...emit.collect([value]), outputs }), { threads: 1 })
  const feeds = Object.fromEntries(
    tensor.inputs.map(({ shape }, index) => {
      const fixed = shape.map(Number)
      return [`input ${index}`, { data: values(fixed, `input ${index}`), shape: fixed }]
    }),
  )
  const results = await session.run(feeds)
  await session.close()
  return results[value]?.data as Float32Array
}

/** All that apply: their results, by name. */
async function all<K extends Convolution>(tensor: Tensor<K>): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>()
  const forms = convolutionForms[tensor.op] as readonly Form<K>[]
  for (const { form } of applicableForms(forms, new Emitter('cpu', block), tensor)) {
    found.set(form.name, await compute(form, tensor))
  }
  return found
}

/** By its definition, in double precision. */
function weightGradient(x: Tensor, upstream: Tensor, tensor: Tensor<'convWeightGradient'>): Float64Array {
  const [batch, , height, width] = x.shape as [number, number, number, number]
  const [, out, outHeight, outWidth] = upstream.shape as [number, number, number, number]
  const [, perGroup, kernelHeight, kernelWidth] = tensor.shape as [number, number, number, number]
  const { strides, pads, dilations, group } = tensor.attributes
  const [seen, gradient] = [values(x.shape.map(Number), 'input 0'), values(upstream.shape.map(Number), 'input 1')]
  const channels = perGroup * group
  const sums = new Float64Array(g.sizeOf(tensor.shape))
  for (let at = 0; at < sums.length; at++) {
    const j = at % kernelWidth
    const i = Math.floor(at / kernelWidth) % kernelHeight
    const inGroup = Math.floor(at / (kernelWidth * kernelHeight)) % perGroup
    const k = Math.floor(at / (kernelWidth * kernelHeight * perGroup))
    const channel = Math.floor(k / (out / group)) * perGroup + inGroup
    for (let image = 0; image < batch; image++) {
      for (let row = 0; row < outHeight; row++) {
        const y = row * strides[0] - pads[0] + i * dilations[0]
        if (y < 0 || y >= height) continue
        for (let column = 0; column < outWidth; column++) {
          const z = column * strides[1] - pads[1] + j * dilations[1]
          if (z < 0 || z >= width) continue
          const from = ((image * channels + channel) * height + y) * width + z
          const to = ((image * out + k) * outHeight + row) * outWidth + column
          sums[at] = (sums[at] ?? 0) + (seen[from] ?? 0) * (gradient[to] ?? 0)
        }
      }
    }
  }
  return sums
}

function expectSame(found: Map<string, Float32Array>, expected: Float32Array | Float64Array): void {
  for (const [name, computed] of found) {
    expect(computed.length, name).toBe(expected.length)
    const worst = computed.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? Infinity))), 0)
    expect(worst, name).toBeLessThan(1e-4)
  }
}

describe.each(cases)('Every form computes the same: $name', ({ x: shape, weight: weightShape, options = {} }) => {
  const [x, weight] = [g.input('x', shape), g.input('weight', weightShape)]
  const y = g.conv2d(x, weight, options) as Tensor<'conv'>
  const upstream = g.input('upstream', y.shape)
  const [height, width] = [shape[2], shape[3]] as const
  const kernel = [weightShape[2], weightShape[3]] as const

  test('forward', async () => {
    const found = await all(y)
    expectSame(found, found.get('plain') ?? new Float32Array())
  })

  test('gradient of x', async () => {
    const found = await all(
      apply('convInputGradient', [upstream, weight], { ...y.attributes, inputSize: [height, width] }),
    )
    expectSame(found, found.get('transposed convolution') ?? new Float32Array())
  })

  test('gradient of the weight', async () => {
    const tensor = apply('convWeightGradient', [x, upstream], { ...y.attributes, kernel })
    expectSame(await all(tensor), weightGradient(x, upstream, tensor))
  })
})

test('with a bias', async () => {
  const [x, weight, bias] = [g.input('x', [2, 32, 6, 6]), g.input('w', [48, 32, 3, 3]), g.input('b', [48])]
  const found = await all(g.conv2d(x, weight, { pads: 1, bias }) as Tensor<'conv'>)
  expect(found.size).toBeGreaterThanOrEqual(2)
  expectSame(found, found.get('plain') ?? new Float32Array())
})
