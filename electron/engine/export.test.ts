import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as g from './index.ts'
import type { Tensor } from './index.ts'

const numbers = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i * 1.7))

/** Patches, a class token, attention, a head: what needs care with a batch of unknown size. */
function tokens(pass: g.Pass, images: Tensor): Tensor {
  const start = { kind: 'constant', value: 0 } as const
  const batch = images.shape[0] as g.Dimension
  const patches = g.conv2d(images, pass.parameter('patch.weight', [8, 3, 4, 4], start), { strides: 4 })
  const sequence = g.transpose(g.reshape(patches, [batch, 8, -1]), [0, 2, 1])
  const first = g.expand(pass.parameter('cls_token', [1, 1, 8], start), [batch, 1, 8])
  const all = g.concat([first, sequence], 1)
  const [query, key, value] = g.split(g.linear(all, pass.parameter('qkv.weight', [24, 8], start)), 3, 2)
  if (query === undefined || key === undefined || value === undefined) throw new Error('three parts')
  const heads = (x: Tensor): Tensor => g.transpose(g.reshape(x, [batch, 5, 2, 4]), [0, 2, 1, 3])
  const attended = g.scaledDotProductAttention(heads(query), heads(key), heads(value))
  const joined = g.reshape(g.transpose(attended, [0, 2, 1, 3]), [batch, 5, 8])
  const features = g.reshape(g.slice(joined, { axis: 1, end: 1 }), [batch, 8])
  return g.linear(
    g.gelu(features),
    pass.parameter('head.weight', [3, 8], start),
    pass.parameter('head.bias', [3], start),
  )
}

function build(batch: g.Dimension): { logits: Tensor; parameters: Map<string, Float32Array> } {
  const pass = new g.Pass({ training: false })
  const logits = tokens(pass, g.input('images', [batch, 3, 8, 8]))
  const parameters = new Map(pass.variables.map(({ name, shape }, i) => [name, numbers(g.sizeOf(shape), i)]))
  return { logits, parameters }
}

describe('An exported model', () => {
  test('takes any number of images and computes what the graph computes', async () => {
    const { logits, parameters } = build('N')
    const model = await g.openSession(g.exportOnnx({ outputs: { logits }, parameters }), { threads: 1 })
    for (const batch of [1, 3]) {
      const images = { data: numbers(batch * 192, 5), shape: [batch, 3, 8, 8] }
      const fixed = build(batch)
      const plain = await g.openSession(g.writeModel(g.lower({ logits: fixed.logits }, { device: 'cpu' })), {
        threads: 1,
      })
      const shapes = {
        'patch.weight': [8, 3, 4, 4],
        cls_token: [1, 1, 8],
        'qkv.weight': [24, 8],
        'head.weight': [3, 8],
      }
      const feeds = { ...shapes, 'head.bias': [3] }
      const weights = Object.entries(feeds).map(([name, shape]) => {
        return [name, { data: parameters.get(name) ?? new Float32Array(), shape }] as const
      })
      const expected = await plain.run({ images, ...Object.fromEntries(weights) })
      const got = await model.run({ images })
      expect(got['logits']?.shape).toEqual([batch, 3])
      got['logits']?.data.forEach((value, i) => expect(value).toBeCloseTo(Number(expected['logits']?.data[i]), 4))
      await plain.close()
    }
    await model.close()
  })

  test('holds standard operators and plain products, and says what it is told to say', () => {
    const { logits, parameters } = build('N')
    const bytes = g.exportOnnx({ outputs: { logits }, parameters, metadata: { classes: '["rose"]', note: 'ä 🌹' } })
    const model = g.readModel(bytes)
    expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([['', 20n]])
    expect(model.irVersion).toBe(9n)
    expect(g.readMetadata(model)).toEqual({ classes: '["rose"]', note: 'ä 🌹' })
    const head = model.graph?.initializer.find(({ name }) => name === 'head.weight')
    expect(head?.dims).toEqual([8n, 3n])
    expect(model.graph?.input.map(({ name }) => name)).toEqual(['images'])

    const changed = g.readModel(g.withMetadata(bytes, { note: 'new', more: '1' }))
    expect(g.readMetadata(changed)).toEqual({ classes: '["rose"]', note: 'new', more: '1' })
    expect(changed.graph).toEqual(model.graph)
  })

  test('holds the rows that are taken from a weight as weights of their own', async () => {
    const x = g.input('x', ['N', 4])
    const pass = new g.Pass({ training: false })
    const start = { kind: 'constant', value: 0 } as const
    const [weight, bias] = [pass.parameter('weight', [6, 4], start), pass.parameter('bias', [6], start)]
    const rows = (from: number, end: number): Tensor => {
      const part = { axis: 0, start: from, end }
      return g.linear(x, g.slice(weight, part), g.slice(bias, part))
    }
    const parameters = new Map([
      ['weight', numbers(24, 1)],
      ['bias', numbers(6, 2)],
    ])
    const apart = g.exportOnnx({ outputs: { first: rows(0, 2), rest: rows(2, 6) }, parameters })
    const graph = g.readModel(apart).graph
    expect(graph?.node.map(({ opType }) => opType).sort()).toEqual(['Add', 'Add', 'MatMul', 'MatMul'])
    const held = graph?.initializer.map(({ dims }) => dims.map(Number).join('×'))
    expect(held?.sort()).toEqual(['2', '4', '4×2', '4×4'])

    const whole = g.exportOnnx({ outputs: { all: g.linear(x, weight, bias) }, parameters })
    const feeds = { x: { data: numbers(12, 3), shape: [3, 4] } }
    const [one, two] = [await g.openSession(whole), await g.openSession(apart)]
    const [{ all }, { first, rest }] = [await one.run(feeds), await two.run(feeds)]
    for (let photo = 0; photo < 3; photo++) {
      const expected = [...(all?.data ?? [])].slice(6 * photo, 6 * photo + 6).map(Number)
      const found = [...(first?.data ?? [])].slice(2 * photo, 2 * photo + 2).map(Number)
      found.push(...[...(rest?.data ?? [])].slice(4 * photo, 4 * photo + 4).map(Number))
      expected.forEach((value, column) => expect(found[column]).toBeCloseTo(value, 5))
    }
    await one.close()
    await two.close()
  })

  test('is not made without all its weights', () => {
    const { logits, parameters } = build('N')
    parameters.set('head.bias', new Float32Array(2))
    expect(() => g.exportOnnx({ outputs: { logits }, parameters })).toThrow("'head.bias' has 2 values")
    parameters.delete('head.bias')
    expect(() => g.exportOnnx({ outputs: { logits }, parameters })).toThrow("'head.bias' has no value")
  })
})

describe('A session', () => {
  test('names the model, the device and the reason when it cannot open', async () => {
    expect(() => g.readModel(Uint8Array.of(255, 1, 2))).toThrow('This is no ONNX model')
    await expect(g.openSession(Uint8Array.of(255, 1, 2))).rejects.toThrow('ONNX Runtime cannot open the model on cpu')
    await expect(g.openSession('nowhere.onnx')).rejects.toThrow("cannot open 'nowhere.onnx' on cpu")
  })

  test('opens files, and whole numbers and booleans pass through unharmed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleuron-'))
    try {
      const [whole, truth] = [g.input('whole', [2], { dtype: 'int64' }), g.input('truth', [2], { dtype: 'bool' })]
      const results = { same: g.reshape(whole, [2, 1]), picked: g.where(truth, g.constant([1, 2]), g.constant([3, 4])) }
      const path = join(folder, 'model.onnx')
      writeFileSync(path, g.writeModel(g.lower(results, { device: 'cpu' })))
      const session = await g.openSession(path, { threads: 1 })
      const big = BigInt64Array.of(2n ** 53n + 1n, -1n)
      const got = await session.run({
        whole: { data: big, shape: [2] },
        truth: { data: Uint8Array.of(1, 0), shape: [2] },
      })
      expect(got['same']).toEqual({ data: big, shape: [2, 1] })
      expect(got['picked']?.data).toEqual(Float32Array.of(1, 4))
      await session.close()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
