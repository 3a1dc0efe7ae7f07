import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exportOnnx, input, mul } from '../../engine/index.ts'
import { copyModelFolder, readModelCard, writeModelFolder, type ModelCard } from './model-folder.ts'
import { defaultSettings } from '../settings/settings.ts'
import { modelFolderNames } from '../testing.ts'

const metrics = { photos: 10, correct: 9, accuracy: 0.9, interval: [0.6, 0.98] as [number, number], loss: 0.3 }
const card: ModelCard = {
  format: 'fleuron-model',
  version: 1,
  run: { id: 'abc', number: 3 },
  model: 'simple_cnn',
  parameters: 1000,
  classes: [
    { id: 'a', name: 'Rose' },
    { id: 'b', name: 'Tulpe ünd mehr' },
  ],
  data: {
    project: 'Meadow',
    photos: { train: 70, validation: 15, test: 15 },
    perClass: [{ class: 'Rose', photos: { train: 70, validation: 15, test: 15 } }],
    fingerprint: 'f',
  },
  settings: defaultSettings('simple_cnn', 'scratch', 100),
  weights: null,
  bestEpoch: 4,
  temperature: 1.2,
  metrics: { validation: metrics, test: null },
  testConfusion: null,
  rejector: {
    sentence: 'Kept 95 %.',
    thresholds: { unknownBelow: -9, knownFrom: { score: -3, probability: 0.7 } },
    measures: { validationPhotos: 10, kept: 0.95, known: 0.8, knownRight: 1 },
  },
  versions: { fleuron: '0.1.0', onnxruntime: '1.30.0', node: '24' },
  device: { name: 'CPU', threads: 2 },
  startedAt: '2026-01-01T00:00:00Z',
  trainedAt: '2026-01-01T00:01:00Z',
  seconds: 60,
}
/** The smallest models there are: the photo, multiplied. */
const tinyModel = (factor: number): Uint8Array =>
  exportOnnx({ outputs: { probability: mul(input('image', ['N', 3, 8, 8]), factor) }, parameters: new Map() })
const model = tinyModel(2)
const another = tinyModel(3)
const contents = (directory: string): Uint8Array => new Uint8Array(readFileSync(join(directory, 'model.onnx')))
const measured = { photosPerSecond: 50 }
const sound = async () => measured
const failing = async () => Promise.reject(new Error('differs'))

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'model-'))
})
afterEach(() => rmSync(root, { recursive: true }))

describe('the model folder', () => {
  it('reads the card of a first version, which knew fewer settings', async () => {
    const directory = join(root, 'model')
    await writeModelFolder(directory, model, card, sound)
    const settings = {
      model: 'simple_cnn',
      mode: 'scratch',
      imageSize: 96,
      epochs: 16,
      batchSize: 32,
      optimizer: 'adamw',
      learningRate: 0.003,
      weightDecay: 0.05,
      schedule: 'onecycle',
      warmupEpochs: 0,
      labelSmoothing: 0.1,
      dropout: 0,
      patience: 15,
      augmentation: { cropMin: 0.4, flip: 0.5, jitter: 0.2 },
      extraViews: 0,
      seed: 1,
    }
    writeFileSync(join(directory, 'card.json'), JSON.stringify({ ...card, settings }))
    expect(readModelCard(directory).settings).toMatchObject({ schedule: 'oneCycle', accumulation: 1, clipNorm: 0 })
  })

  it('holds model and card, and shows the finished file to the check', async () => {
    const directory = join(root, 'run', 'model')
    await writeModelFolder(directory, model, card, (path) => {
      expect(new Uint8Array(readFileSync(path))).toEqual(model)
      return Promise.resolve({})
    })
    expect(readdirSync(directory).sort()).toEqual(modelFolderNames)
    expect(readModelCard(directory)).toEqual(card)
    expect(readdirSync(join(root, 'run'))).toEqual(['model'])
  })

  it('leaves nothing behind when the check fails, and an earlier model as it was', async () => {
    const directory = join(root, 'model')
    await expect(writeModelFolder(directory, model, card, failing)).rejects.toThrow('differs')
    expect(readdirSync(root)).toEqual([])
    await writeModelFolder(directory, model, card, sound)
    await expect(writeModelFolder(directory, another, card, failing)).rejects.toThrow('differs')
    expect(contents(directory)).toEqual(model)
    expect(readdirSync(root)).toEqual(['model'])
  })

  it('replaces an earlier model', async () => {
    const directory = join(root, 'model')
    await writeModelFolder(directory, model, card, sound)
    await writeModelFolder(directory, another, card, sound)
    expect(contents(directory)).toEqual(another)
  })

  it('says what is wrong with a folder that is no model', () => {
    expect(() => readModelCard(root)).toThrow(expect.objectContaining({ code: 'not-found' }))
    for (const text of ['{', '{}', JSON.stringify({ ...card, version: 2 })]) {
      writeFileSync(join(root, 'card.json'), text)
      expect(() => readModelCard(root)).toThrow(expect.objectContaining({ code: 'unreadable' }))
    }
  })

  it('is copied to a new place, or into a folder that is there, but never over anything', async () => {
    const directory = join(root, 'model')
    await writeModelFolder(directory, model, card, sound)
    expect(await copyModelFolder(directory, join(root, 'new'), 'run 3')).toBe(join(root, 'new'))
    mkdirSync(join(root, 'there'))
    expect(await copyModelFolder(directory, join(root, 'there'), 'run 3')).toBe(join(root, 'there', 'run 3'))
    expect(readModelCard(join(root, 'there', 'run 3'))).toEqual({ ...card, ...measured })
    await expect(copyModelFolder(directory, join(root, 'there'), 'run 3')).rejects.toMatchObject({ code: 'conflict' })
    expect(existsSync(join(root, 'there', 'run 3', 'model.onnx'))).toBe(true)
  })
})
