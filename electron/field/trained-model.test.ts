import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../augment/testing.ts'
import { withMetadata } from '../engine/index.ts'
import { writeTestModel } from './testing.ts'
import { loadTrainedModel } from './trained-model.ts'

const root = temporaryFolder()
afterAll(root.remove)
let number = 0
const folder = (): string => join(root.path, String(number++))

test('a sound model folder says how to use it', async () => {
  const directory = folder()
  const thresholds = { unknownBelow: -5, knownFrom: { score: -2, probability: 0.8 } }
  await writeTestModel(directory, { classes: ['daisy', 'Blåklokke'], thresholds })
  expect(await loadTrainedModel(directory)).toMatchObject({
    directory,
    path: join(directory, 'model.onnx'),
    classes: ['daisy', 'Blåklokke'],
    // The simple CNN's crop keeps 0.9 of the shorter side.
    size: { imageSize: 32, resizeTo: 35 },
    thresholds,
    rejector: 'Kept 95 % of 20 validation photos.',
    card: { model: 'simple_cnn' },
  })
})

const fails = (directory: string) => expect(loadTrainedModel(directory)).rejects

describe('what is wrong with a model folder is said', () => {
  test('there is none', () => fails(join(root.path, 'nowhere')).toMatchObject({ code: 'not-found' }))

  test('no model file', async () => {
    const directory = folder()
    await writeTestModel(directory)
    rmSync(join(directory, 'model.onnx'))
    await fails(directory).toMatchObject({ code: 'not-found', message: expect.stringContaining('model.onnx') })
  })

  test('no card, or a damaged one', async () => {
    const directory = folder()
    await writeTestModel(directory)
    writeFileSync(join(directory, 'card.json'), '{')
    await fails(directory).toMatchObject({ code: 'unreadable', message: expect.stringContaining('card') })
    rmSync(join(directory, 'card.json'))
    await fails(directory).toMatchObject({ code: 'not-found' })
  })

  test.each([
    ['cut off', (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2)],
    ['empty', () => new Uint8Array(0)],
    ['of another kind', () => Buffer.from('not a model at all')],
    ['of another maker', (bytes: Uint8Array) => withMetadata(bytes, { 'fleuron.classes': 'rose' })],
    ['without limits', (bytes: Uint8Array) => withMetadata(bytes, { 'fleuron.rejector': '{}' })],
    [
      'not square',
      (bytes: Uint8Array) =>
        withMetadata(bytes, { 'fleuron.preprocessing': '{"resizeShorterSideTo":36,"centerCrop":[32,30]}' }),
    ],
    ['of other classes than its card', (bytes: Uint8Array) => withMetadata(bytes, { 'fleuron.classes': '["a"]' })],
  ])('a model file that is %s', async (_, change) => {
    const directory = folder()
    await writeTestModel(directory, { change })
    await fails(directory).toMatchObject({ code: 'unreadable', message: expect.stringContaining('damaged') })
  })

  test('a model of a later format', async () => {
    const directory = folder()
    await writeTestModel(directory, { change: (bytes) => withMetadata(bytes, { 'fleuron.format': '2' }) })
    await fails(directory).toMatchObject({ code: 'unreadable', message: expect.stringContaining('newer Fleuron') })
    expect(readFileSync(join(directory, 'model.onnx')).length).toBeGreaterThan(0)
  })
})
