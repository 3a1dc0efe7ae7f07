import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readMetadata, readModel } from '../graph/index.ts'
import { createModel, exportClassifier, initialState } from '../models/index.ts'
import type { ModelState } from '../models/index.ts'
import { stream } from '../random/index.ts'
import { openSession, productsSaturate } from '../runtime/index.ts'
import type { PhotoBatch } from './calibrate.ts'
import { foldIntoConvolutions } from './fold-constants.ts'
import { OnnxGraph } from './onnx-graph.ts'
import { activateBeforePooling, averageByConvolution } from './pooling.ts'
import { leastFloats, openQuantizer, type Quantizer } from './quantize-model.ts'

/** Weights as they start, but batch norms that shift and scale: folding must be seen. */
function someState(
  name: string,
  side: number,
  testTime: 'none' | 'mirror' = 'none',
): { bytes: Uint8Array; side: number } {
  const model = createModel(name, { classes: 7, inputSize: [side, side] })
  const draw = stream({ seed: 5, purpose: 'statistics' })
  const state: ModelState = new Map(
    [...initialState(model, 4)].map(([key, values]) => {
      if (/running_mean$|bn.*bias$|norm.*bias$/.test(key)) return [key, values.map(() => 0.2 * draw.normal())]
      if (key.endsWith('running_var')) return [key, values.map(() => 0.5 + draw.uniform())]
      return [key, values]
    }),
  )
  const dimensions = model.featureCount
  const rejector = {
    dimensions,
    views: [
      {
        centre: new Float32Array(dimensions),
        whitening: Float32Array.from({ length: dimensions ** 2 }, (_, i) => Number(i % (dimensions + 1) === 0)),
        means: draw.fillUniform(new Float32Array(2 * dimensions)),
      },
    ],
  }
  const classNames = Array.from({ length: 7 }, (_, index) => `class ${index}`)
  return { bytes: exportClassifier({ model, state, classNames, temperature: 1.3, testTime, rejector }), side }
}

/** Blurred noise: neighbours are alike, as in photos. */
async function* photosOf(side: number, batches = 2, seed = 1): AsyncGenerator<PhotoBatch> {
  for (let batch = 0; batch < batches; batch++) {
    const draw = stream({ seed, purpose: `photos ${batch}` })
    const coarse = draw.fillUniform(new Float32Array(4 * 3 * 8 * 8))
    const data = Float32Array.from({ length: 4 * 3 * side * side }, (_, i) => {
      const [plane, y, x] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side]
      return coarse[plane * 64 + Math.floor((y * 8) / side) * 8 + Math.floor((x * 8) / side)]!
    })
    yield { data, shape: [4, 3, side, side] }
  }
}

async function run(bytes: Uint8Array, side: number): Promise<Record<string, number[]>> {
  const session = await openSession(bytes, { threads: 1 })
  const all: Record<string, number[]> = {}
  for await (const image of photosOf(side, 2, 9)) {
    const outputs = await session.run({ image })
    for (const [name, { data }] of Object.entries(outputs)) (all[name] ??= []).push(...[...data].map(Number))
  }
  await session.close()
  return all
}

function relativeError(found: readonly number[], wanted: readonly number[]): number {
  const size = (values: readonly number[]): number => Math.hypot(...values)
  return size(found.map((value, index) => value - wanted[index]!)) / size(wanted)
}

const count = (bytes: Uint8Array, op: string): number =>
  readModel(bytes).graph!.node.filter(({ opType }) => opType === op).length

describe.each([
  ['simple_cnn', 32],
  ['resnet18', 64],
  ['mobilenetv2_100', 64],
  ['tf_efficientnet_lite0', 64],
  ['inception_v3', 75],
  ['convnext_atto', 64],
] as const)('%s', (name, side) => {
  const { bytes } = someState(name, side)

  test('the prepared graph computes the same', async () => {
    const graph = new OnnxGraph(bytes)
    foldIntoConvolutions(graph)
    averageByConvolution(graph)
    activateBeforePooling(graph)
    const prepared = graph.write()
    expect(count(prepared, 'BatchNormalization')).toBe(0)
    const [found, wanted] = [await run(prepared, side), await run(bytes, side)]
    expect(relativeError(found['logits']!, wanted['logits']!)).toBeLessThan(1e-4)
  })

  test('on bytes it computes nearly the same, and says the same of itself', async () => {
    const quantizer = await openQuantizer({ model: bytes, photos: () => photosOf(side) })
    expect(quantizer.method).toBe('static')
    const written = quantizer.write(new Set())
    expect(readMetadata(readModel(written))).toEqual(readMetadata(readModel(bytes)))
    expect(written.length).toBeLessThan(bytes.length)
    const [found, wanted] = [await run(written, side), await run(bytes, side)]
    expect(Object.keys(found)).toEqual(Object.keys(wanted))
    // Networks of chance weights tell little apart and pass on every error: real ones are checked on photos.
    expect(relativeError(found['features']!, wanted['features']!)).toBeLessThan(0.35)
    // Nothing on bytes: the very same.
    const floats = await run(quantizer.write(new Set(quantizer.nodes)), side)
    expect(relativeError(floats['logits']!, wanted['logits']!)).toBeLessThan(1e-4)
  })
})

test('a transformer has its products on bytes, up to the features', async () => {
  const { bytes, side } = someState('vit_tiny_patch16_224', 32)
  const quantizer = await openQuantizer({ model: bytes, photos: () => photosOf(side) })
  expect(quantizer.method).toBe('dynamic')
  const written = quantizer.write(new Set())
  expect(count(written, 'MatMulInteger')).toBe(quantizer.nodes.length)
  // The classifier and the rejector's matrix stay as they are.
  expect(quantizer.nodes.length).toBeGreaterThan(40)
  const [found, wanted] = [await run(written, side), await run(bytes, side)]
  for (const output of ['features', 'logits', 'score'] as const) {
    expect(relativeError(found[output]!, wanted[output]!), output).toBeLessThan(0.03)
  }
})

test.each([
  ['simple_cnn', 32, 0.35],
  ['mobilenetv2_100', 64, 0.35],
  ['vit_tiny_patch16_224', 32, 0.03],
] as const)('%s that looks at the mirror, too, is on bytes in both views', async (name, side, most) => {
  const { bytes } = someState(name, side, 'mirror')
  const quantizer = await openQuantizer({ model: bytes, photos: () => photosOf(side) })
  const single = await openQuantizer({ model: someState(name, side).bytes, photos: () => photosOf(side) })
  expect(quantizer.nodes).toHaveLength(2 * single.nodes.length)
  const written = quantizer.write(new Set())
  expect(written.length).toBeLessThan(bytes.length)
  const [found, wanted] = [await run(written, side), await run(bytes, side)]
  expect(relativeError(found['features']!, wanted['features']!)).toBeLessThan(most)
})

test('a node alone on bytes moves the logits a little', async () => {
  const { bytes, side } = someState('simple_cnn', 32)
  const quantizer = await openQuantizer({ model: bytes, photos: () => photosOf(side) })
  expect(quantizer.nodes).toHaveLength(4)
  for (const node of quantizer.nodes) {
    const error = await quantizer.errorOf(node)
    expect(error).toBeGreaterThan(0)
    expect(error).toBeLessThan(0.05)
  }
})

describe('what stays in float32', () => {
  /** A quantiser whose model is the list of its floats. */
  const nodes = ['a', 'b', 'c', 'd', 'e']
  const errors: Record<string, number> = { a: 1, b: 5, c: 3, d: 2, e: 4 }
  const quantizer = (spoiled: string[]): Quantizer => ({
    method: 'static',
    bits: 8,
    nodes,
    spoiled,
    write: (floats) => new TextEncoder().encode([...floats].sort().join('')),
    errorOf: async (node) => errors[node]!,
  })
  const lossUnless = (needed: string) => async (model: Uint8Array) => {
    const floats = new TextDecoder().decode(model)
    return [...needed].every((node) => floats.includes(node)) ? 0 : 0.1
  }
  const left = async (spoiled: string[], needed: string) =>
    [...((await leastFloats(quantizer(spoiled), lossUnless(needed), 0.005)) ?? ['none'])].sort().join('')

  test('nothing but the spoiled when the loss is small', async () => {
    expect(await left([], '')).toBe('')
    expect(await left(['c'], '')).toBe('c')
  })

  test('the worst first, until the loss is small', async () => {
    expect(await left([], 'b')).toBe('b')
    expect(await left([], 'e')).toBe('be')
    expect(await left(['a'], 'c')).toBe('abce')
    expect(await left([], 'a')).toBe('none')
  })
})

test.runIf(existsSync('/proc/cpuinfo'))('processors with VNNI add products of bytes in full', async () => {
  const vnni = /\b(avx512_vnni|avx_vnni|asimddp)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))
  if (vnni) expect(await productsSaturate()).toBe(false)
})
