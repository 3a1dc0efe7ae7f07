import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Pass, exportOnnx, input } from '../graph/index.ts'
import { openSession } from '../runtime/index.ts'
import { describeShared, readShared, sharedFolder } from '../testing.ts'
import { initialState, macs, parameterCount, variablesOf } from './parameters.ts'
import { createModel, modelEntries } from './registry.ts'
import { norm, rulePhotos, ruleState } from './testing.ts'

interface Summary {
  norm: number
  first16OfEach: number[][]
  sample0MinusSample1: { norm: number; first8: number[] }
}
interface Fixture {
  convGain: number
  numFeatures: number
  parameterCount: number
  macs: number
  config: {
    hf_hub_id: string
    input_size: number[]
    mean: number[]
    std: number[]
    interpolation: string
    crop_pct: number
    classifier: string
    first_conv: string
    license: string
  }
  state: [string, number[], 'trainable' | 'buffer'][]
  eval: {
    input: [number, number, number, number]
    classes: number
    logits: Summary
    pooled: Summary
    trace: [string, number[], number, number, number][]
  }
}

describe.each(modelEntries.map(({ name }) => name))('%s', (name) => {
  const model = createModel(name, { classes: 7 })

  test('another number of classes changes the classifier alone', () => {
    const shapes = (from: typeof model) => new Map(variablesOf(from).map(({ name: own, shape }) => [own, shape]))
    const [before, after] = [shapes(model), shapes(model.resetClassifier(3))]
    const changed = [...before].filter(([own, shape]) => String(shape) !== String(after.get(own))).map(([own]) => own)
    expect(changed).toEqual([`${model.config.classifier}.weight`, `${model.config.classifier}.bias`])
    expect(after.get(`${model.config.classifier}.weight`)).toEqual([3, model.featureCount])
    expect(variablesOf(model).some(({ name: own }) => own === `${model.config.firstConv}.weight`)).toBe(true)
  })
})

describe.each(modelEntries.filter(({ config }) => config.hubId !== null).map(({ name }) => name))('%s', (name) => {
  describeShared('its shape', `oracle/models/${name}.json`, () => {
    const fixture = readShared<Fixture>(`oracle/models/${name}.json`)
    const size = fixture.eval.input.slice(2) as [number, number]
    const model = createModel(name, { classes: fixture.eval.classes, inputSize: size })

    test('names and shapes of the state, in order', () => {
      expect(variablesOf(model).map(({ name: own, shape }) => [own, shape])).toEqual(
        // PyTorch's batch counters: nothing here depends on them.
        fixture.state.filter(([own]) => !own.endsWith('.num_batches_tracked')).map(([own, shape]) => [own, shape]),
      )
      expect(parameterCount(model)).toBe(fixture.parameterCount)
      expect(macs(model)).toBe(fixture.macs)
      expect(model.featureCount).toBe(fixture.numFeatures)
    })

    test('configuration', () => {
      const { config } = fixture
      expect(model.config).toEqual({
        inputSize: config.input_size.slice(1),
        mean: config.mean,
        std: config.std,
        interpolation: config.interpolation,
        cropPct: config.crop_pct,
        classifier: config.classifier,
        firstConv: config.first_conv,
        license: config.license,
        hubId: config.hf_hub_id,
      })
    })
  })
})

test('fresh weights follow from the seed and the names alone, spread as timm spreads them', () => {
  const small = createModel('vit_tiny_patch16_224', { classes: 7 })
  const state = initialState(small, 5)
  const positionsOf = (seed: number) => [...initialState(small.resetClassifier(2), seed, (own) => own === 'pos_embed')]
  expect(positionsOf(5)).toEqual([['pos_embed', state.get('pos_embed')]])
  expect(positionsOf(6)).not.toEqual(positionsOf(5))
  const deviation = (name: string) => norm(state.get(name)!) / Math.sqrt(state.get(name)!.length)
  expect(deviation('blocks.3.mlp.fc1.weight')).toBeCloseTo(0.02, 3)
  expect(deviation('head.weight')).toBeCloseTo(0.02, 2)
  expect(deviation('cls_token')).toBeLessThan(2e-6)
  // Uniform within ±1/√(3·16·16), as PyTorch starts convolutions.
  expect(deviation('patch_embed.proj.weight')).toBeCloseTo(1 / Math.sqrt(3 * 768), 3)
  expect(Math.max(...state.get('patch_embed.proj.bias')!)).toBeLessThan(1 / Math.sqrt(768))
  expect(new Set(state.get('blocks.0.norm1.weight'))).toEqual(new Set([1]))
  expect(new Set(state.get('head.bias'))).toEqual(new Set([0]))
})

// The largest takes half a gigabyte and says nothing that the others do not: its sizes are checked above.
const forwardChecked = modelEntries.filter(
  ({ name, config }) => config.hubId !== null && name !== 'vit_base_patch16_224',
)

describe.each(forwardChecked.map(({ name }) => name))('%s', (name) => {
  describeShared('what it computes', `oracle/models/${name}.json`, () => {
    const fixture = readShared<Fixture>(`oracle/models/${name}.json`)
    const [count, , side] = fixture.eval.input

    test('logits, features and the output of every layer', async () => {
      const model = createModel(name, { classes: fixture.eval.classes, inputSize: [side, side] })
      const pass = new Pass({ training: false })
      const { pooled, logits } = model.forwardHead(
        pass,
        model.forwardFeatures(pass, input('photos', ['N', 3, side, side])),
      )
      const traced = [...pass.marks].filter(([layer]) => fixture.eval.trace.some(([own]) => own === layer))
      // Modules that only hand on what a part of theirs put out have the same numbers: one of them is enough.
      const outputs = (rows: Fixture['eval']['trace']) => new Set(rows.map(([, , own, mean]) => `${own} ${mean}`)).size
      const reached = fixture.eval.trace.filter(([layer]) => pass.marks.has(layer))
      expect(outputs(reached)).toBeGreaterThan(0.9 * outputs(fixture.eval.trace))
      const bytes = exportOnnx({
        outputs: { logits, pooled, ...Object.fromEntries(traced) },
        parameters: ruleState(model, fixture.convGain),
      })
      const session = await openSession(bytes, { threads: 2 })
      const found = await session.run({ photos: { data: rulePhotos(count, side), shape: [count, 3, side, side] } })
      await session.close()

      for (const [layer, shape, expected] of fixture.eval.trace) {
        const value = found[layer]
        if (value === undefined) continue
        expect(value.shape, layer).toEqual(shape)
        expect(Math.abs(norm(value.data as Float32Array) / expected - 1), layer).toBeLessThan(1e-5)
      }
      for (const key of ['logits', 'pooled'] as const) {
        const values = found[key]!.data as Float32Array
        const expected = fixture.eval[key]
        expect(Math.abs(norm(values) / expected.norm - 1)).toBeLessThan(1e-5)
        const width = values.length / count
        expected.first16OfEach.forEach((sample, row) => {
          sample.forEach((value, column) => {
            expect(Math.abs(values[row * width + column]! - value)).toBeLessThan(1e-4)
          })
        })
      }
      // What the common part of the logits would hide.
      const logits32 = found['logits']!.data as Float32Array
      const { norm: wanted, first8 } = fixture.eval.logits.sample0MinusSample1
      const difference = logits32
        .slice(0, fixture.eval.classes)
        .map((value, i) => value - logits32[fixture.eval.classes + i]!)
      expect(Math.abs(norm(difference) / wanted - 1)).toBeLessThan(1e-4)
      first8.forEach((value, i) => expect(Math.abs(difference[i]! - value)).toBeLessThan(1e-4))
    })
  })
})

test('every published model has its reference', () => {
  if (!existsSync(join(sharedFolder, 'oracle/models'))) return
  for (const { name, config } of modelEntries) {
    if (config.hubId !== null) expect(existsSync(join(sharedFolder, `oracle/models/${name}.json`)), name).toBe(true)
  }
})

test('a model that does not exist, and sizes that do not fit', () => {
  expect(() => createModel('vit_enormous', { classes: 2 })).toThrow('choose one of simple_cnn, vit_tiny')
  expect(() => createModel('simple_cnn', { classes: 0 })).toThrow('at least one class')
  expect(() => createModel('simple_cnn', { classes: 2, inputSize: [15, 40] })).toThrow('at least 16 pixels')
  expect(() => createModel('vit_tiny_patch16_224', { classes: 2, inputSize: [224, 230] })).toThrow('multiples of 16')
})
