import { expect, test } from 'vitest'
import * as g from './index.ts'
import { stream } from './random/index.ts'

const block = await g.channelBlock()
if (block === undefined) process.stderr.write('NOT RUN: convolutions in blocks. This processor has none.\n')

const cases = [
  { name: '3×3', size: 32, options: { pads: 1 } },
  { name: '3×3, stride 2', size: 64, options: { pads: 1, strides: 2 } },
  { name: '3×3, uneven padding, dilated', size: 36, options: { pads: [0, 2, 1, 1], dilations: [1, 2] } },
] as const

test.skipIf(block === undefined).each(cases)('$name in blocks computes the same', async ({ size, options }) => {
  const [x, weight, bias] = [
    g.input('x', [2, 32, size, size]),
    g.input('weight', [48, 32, 3, 3]),
    g.input('bias', [48]),
  ]
  const y = g.conv2d(x, weight, { ...options, bias })
  const [gradient = y] = g.gradients(y, [x], g.mul(y, y))
  const random = stream({ seed: 3, purpose: 'blocks' })
  const feed = (shape: readonly number[]): g.TensorValue => {
    return { data: Float32Array.from({ length: g.sizeOf(shape) }, () => random.uniform(-0.1, 0.1)), shape }
  }
  const feeds = { x: feed([2, 32, size, size]), weight: feed([48, 32, 3, 3]), bias: feed([48]) }
  const compute = async (blockSize: number | undefined): Promise<Record<string, g.TensorValue>> => {
    const model = g.lower({ y, gradient }, { device: 'cpu', ...(blockSize === undefined ? {} : { block: blockSize }) })
    const inBlocks = model.nodes.filter(({ op, domain }) => op === 'Conv' && domain === 'com.microsoft.nchwc')
    expect(inBlocks.length > 0).toBe(blockSize !== undefined)
    const session = await g.openSession(g.writeModel(model), { threads: 1 })
    const results = await session.run(feeds)
    await session.close()
    return results
  }
  const [plain, blocked] = [await compute(undefined), await compute(block)]
  for (const name of ['y', 'gradient']) {
    const [expected, got] = [plain[name]?.data as Float32Array, blocked[name]?.data as Float32Array]
    const error = expected.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (got[i] ?? Infinity))), 0)
    expect(error, name).toBeLessThan(1e-5)
  }
})
