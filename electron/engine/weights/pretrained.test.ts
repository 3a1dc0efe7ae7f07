import { mkdtempSync, rmSync, statSync, truncateSync, copyFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createModel, initialState, variablesOf } from '../models/index.ts'
import type { ModelState } from '../models/index.ts'
import { describeShared, sharedFolder } from '../testing.ts'
import { loadPretrained } from './pretrained.ts'
import { writeSafetensors } from './write-safetensors.ts'

let folder: string
let path: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleuron-pretrained-'))
  path = join(folder, 'weights.safetensors')
})
afterAll(() => rmSync(folder, { recursive: true }))

const model = createModel('simple_cnn', { classes: 4 })
const whole = initialState(model, 1)
const shapes = new Map(variablesOf(model).map(({ name, shape }) => [name, shape]))

/** Writes a state, with tensors of other shapes put in or replaced. */
function save(state: ModelState, changed: Record<string, number[]> = {}): string {
  const kept = [...state].filter(([name]) => changed[name] === undefined)
  const tensors = kept.map(([name, data]) => [name, { shape: shapes.get(name)!, data }] as const)
  const others = Object.entries(changed).map(
    ([name, shape]) => [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }] as const,
  )
  writeSafetensors(path, [...tensors, ...others])
  return path
}
const without = (...names: string[]) => new Map([...whole].filter(([name]) => !names.includes(name)))

describe('a file of the model', () => {
  test('is taken as it is', () => {
    const { state, headReplaced, adapted } = loadPretrained(model, save(whole), 9)
    expect(state).toEqual(whole)
    expect([headReplaced, adapted]).toEqual([false, []])
  })

  test('with batch counters, which nothing needs', () => {
    expect(loadPretrained(model, save(whole, { 'stages.0.bn.num_batches_tracked': [] }), 9).state).toEqual(whole)
  })

  test('with tensors that the model leaves out', () => {
    const name = 'AuxLogits.fc.weight'
    expect(() => loadPretrained(model, save(whole, { [name]: [2] }), 9)).toThrow(`it has ${name}`)
    const { ignoresWeight } = createModel('inception_v3', { classes: 4 })
    const lenient = { ...model, ...(ignoresWeight === undefined ? {} : { ignoresWeight }) }
    expect(loadPretrained(lenient, save(whole, { [name]: [2] }), 9).state).toEqual(whole)
  })

  test('with another number of classes, or no classifier: that starts from the seed', () => {
    const other = model.resetClassifier(7)
    for (const file of [() => save(whole), () => save(without('head.weight', 'head.bias'))]) {
      const { state, headReplaced } = loadPretrained(other, file(), 9)
      expect(headReplaced).toBe(true)
      expect(state.get('stages.2.conv.weight')).toEqual(whole.get('stages.2.conv.weight'))
      expect(state.get('head.weight')).toEqual(initialState(other, 9).get('head.weight'))
    }
  })
})

test.each<[string, () => string, string]>([
  [
    'a wrong shape',
    () => save(whole, { 'stages.0.conv.weight': [32, 3, 5, 5] }),
    'weights.safetensors is not Simple CNN: stages.0.conv.weight is [32, 3, 5, 5] where [32, 3, 3, 3] was expected. Choose weights saved for it.',
  ],
  ['a tensor too few', () => save(without('stages.1.bn.bias')), 'it lacks stages.1.bn.bias.'],
  [
    'many too few',
    () => save(new Map([...whole].slice(-3))),
    'it lacks stages.0.conv.weight, stages.0.bn.weight, stages.0.bn.bias and 16 more.',
  ],
  [
    'a foreign tensor',
    () => save(whole, { 'conv_stem.weight': [1] }),
    'it has conv_stem.weight, which the model has not',
  ],
])('%s is refused by name', (_, file, message) => {
  const saved = file()
  expect(() => loadPretrained(model, saved, 0)).toThrow(message)
})

describeShared('published weights', 'weights/vit_tiny_patch16_224.safetensors', () => {
  const published = join(sharedFolder, 'weights/vit_tiny_patch16_224.safetensors')

  test('fit, at other sizes of photos too', () => {
    const vit = createModel('vit_tiny_patch16_224', { classes: 1000 })
    expect(loadPretrained(vit, published, 0)).toMatchObject({ headReplaced: false, adapted: [] })
    const large = createModel('vit_tiny_patch16_224', { classes: 5, inputSize: [256, 192] })
    const { state, headReplaced, adapted } = loadPretrained(large, published, 0)
    expect([headReplaced, adapted]).toEqual([true, ['pos_embed']])
    expect(state.get('pos_embed')).toHaveLength((1 + 16 * 12) * 192)
  })

  test('of another model, and cut short', () => {
    const small = createModel('vit_small_patch16_224', { classes: 5 })
    expect(() => loadPretrained(small, published, 0)).toThrow(
      'vit_tiny_patch16_224.safetensors is not ViT-Small: cls_token is [1, 1, 192] where [1, 1, 384] was expected. ' +
        'Choose the file of timm/vit_small_patch16_224.augreg_in21k_ft_in1k.',
    )
    copyFileSync(published, path)
    truncateSync(path, statSync(published).size / 2)
    expect(() => loadPretrained(createModel('vit_tiny_patch16_224', { classes: 5 }), path, 0)).toThrow(
      'it is cut short',
    )
  })
})
