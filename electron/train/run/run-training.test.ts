import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { presetPolicy } from '../../../shared/policy.ts'
import { readCheckpoint } from '../loop/checkpoint.ts'
import { readModelCard } from '../model/model-folder.ts'
import { defaultSettings } from '../settings/settings.ts'
import { trainedFolderNames, quickSettings, runHere, shapesInput, writeUntrainedWeights, type Ran } from '../testing.ts'
import { shapesForAllTests } from './testing.ts'
import { finishJob, type TrainJobInput, type TrainJobResult } from './train-job.ts'

const { root, weights } = shapesForAllTests()

const weightsOf = async (input: TrainJobInput) => {
  await runHere(input)
  return readCheckpoint(input.directory).last
}
const gone = (photos: TrainJobInput['photos']['train']) =>
  photos.map((photo) => ({ ...photo, path: join(root, 'gone.jpg'), hash: `gone ${photo.id}` }))
const epochsOf = ({ told }: Ran) => told.flatMap(({ completed }) => (completed === null ? [] : [completed]))

describe.each(['scratch', 'frozen'] as const)('training (%s)', (mode) => {
  const settings = quickSettings(mode, mode === 'frozen' ? { learningRate: 0.03, batchSize: 6 } : {})
  const inputOf = (name: string, changes: Partial<typeof settings> = {}) =>
    shapesInput(
      root,
      { ...settings, ...changes },
      { run: `${mode}-${name}`, weights: mode === 'frozen' ? weights : null },
    )

  let whole: TrainJobResult

  it('learns the shapes, tells every epoch, and leaves a model that plain ONNX Runtime runs', async () => {
    const input = inputOf('whole')
    const ran = await runHere(input)
    const { result } = ran
    whole = result
    expect(result).toMatchObject({ state: 'finished', error: null })
    expect(result.validation?.photos).toBe(12)
    // Guessing gets a third; the untrained backbone sees colours only.
    expect(result.validation?.accuracy).toBeGreaterThan(mode === 'scratch' ? 0.9 : 0.7)
    expect(result.test?.accuracy).toBeGreaterThan(mode === 'scratch' ? 0.9 : 0.6)
    const epochs = epochsOf(ran)
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(epochs[result.bestEpoch - 1]?.validationLoss).toBe(Math.min(...epochs.map((each) => each.validationLoss)))
    expect(epochs.at(-1)?.trainLoss).toBeLessThan(epochs[0]?.trainLoss as number)

    expect(readdirSync(result.modelDirectory).sort()).toEqual(trainedFolderNames)
    const card = readModelCard(result.modelDirectory)
    expect(card.classes.map(({ name }) => name)).toEqual(['circle', 'square', 'triangle'])
    expect(card.metrics.test).toEqual(result.test)
    expect(card.data.photos).toEqual({ train: 36, validation: 12, test: 12 })
    const session = await ort.InferenceSession.create(join(result.modelDirectory, 'model.onnx'))
    const image = new ort.Tensor('float32', new Float32Array(2 * 3 * 32 * 32).fill(0.5), [2, 3, 32, 32])
    const { probability, score } = await session.run({ image })
    expect(probability?.dims).toEqual([2, 3])
    expect(score?.dims).toEqual([2])

    expect(result.predictions).toHaveLength(60)
    for (const { probabilities } of result.predictions) {
      expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5)
    }
    const validation = result.predictions.filter(({ split }) => split === 'validation')
    const right = validation.filter(({ label, probabilities }) => probabilities[label] === Math.max(...probabilities))
    expect(right).toHaveLength(result.validation?.correct as number)
  })

  it('gives the same weights again with the same seed, and others with another', async () => {
    const runs = await Promise.all(
      [
        { name: 'again', seed: 5 },
        { name: 'again too', seed: 5 },
        { name: 'other', seed: 6 },
      ].map(({ name, seed }) => inputOf(name, { seed, epochs: 2, dropout: 0.2 })),
    )
    const [first, second, third] = [await weightsOf(runs[0]!), await weightsOf(runs[1]!), await weightsOf(runs[2]!)]
    expect(second).toEqual(first)
    expect(third).not.toEqual(first)
  })

  it('makes the model of the best epoch of a run that was cut off', async () => {
    const input = inputOf('whole')
    rmSync(join(input.directory, 'model'), { recursive: true, force: true })
    const { result } = await runHere(input, finishJob.name)
    expect(result).toMatchObject({ state: 'interrupted', bestEpoch: whole.bestEpoch, test: whole.test })
    expect(result.predictions).toEqual(whole.predictions)
  })

  it('leaves out photos that cannot be read, and says which', async () => {
    const input = inputOf('unreadable')
    const broken = join(root, `broken-${mode}.jpg`)
    writeFileSync(broken, 'not a photo')
    const spoil = (photos: TrainJobInput['photos']['train']) =>
      photos.map((photo, index) => (index === 1 ? { ...photo, path: broken, hash: `broken ${photo.id}` } : photo))
    const { train, validation, test } = input.photos
    const ran = await runHere({ ...input, photos: { train: spoil(train), validation: spoil(validation), test } })
    expect(new Set(ran.unreadable)).toEqual(new Set([train[1]?.id, validation[1]?.id]))
    expect(ran.result.validation?.photos).toBe(11)
    expect(ran.result.predictions).toHaveLength(58)
  })

  it('says so when no photo can be read', async () => {
    const input = inputOf('nothing')
    const { train, validation, test } = input.photos
    await expect(
      runHere({ ...input, photos: { train: gone(train), validation: gone(validation), test: gone(test) } }),
    ).rejects.toMatchObject({ code: 'unreadable' })
  })
})

const frozen = (name: string, changes = {}) =>
  shapesInput(root, quickSettings('frozen', changes), { run: name, weights })
const looked = ({ told }: Ran) => told.find(({ phase }) => phase === 'features')?.message

describe('a frozen backbone', () => {
  it('looks at no photo twice, and only at the views that are missing', async () => {
    const input = { ...frozen('shelf a'), features: join(root, 'own features') }
    const first = await runHere(input)
    const second = await runHere({ ...input, directory: frozen('shelf b').directory })
    expect(looked(first)).toBe('Looking at the photos')
    expect(looked(second)).toBe('All photos were looked at before')
    expect(second.result.predictions).toEqual(first.result.predictions)
    const more = await runHere({ ...input, settings: { ...input.settings, extraViews: 2 } })
    expect(looked(more)).toBe('Looking at the photos')
  })

  it.each([
    ['truncated', (path: string) => truncateSync(path, readFileSync(path).length - 1000)],
    ['no weights at all', (path: string) => writeFileSync(path, 'hello')],
    ['gone', (path: string) => rmSync(path)],
  ])('says what is wrong with weights that are %s', async (name, spoil) => {
    const path = join(root, `spoiled ${name}.safetensors`)
    writeFileSync(path, readFileSync(weights))
    spoil(path)
    await expect(runHere({ ...frozen(`spoiled ${name}`), weights: path })).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining(`spoiled ${name}.safetensors`),
    })
  })

  it('says what is wrong with the weights of another model', async () => {
    const input = shapesInput(root, quickSettings('frozen', { model: 'vit_small_patch16_224' }), {
      run: 'other',
      weights,
    })
    await expect(runHere(input)).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringMatching(/weights\.safetensors is not ViT-Small/),
    })
  })
})

describe('fine-tuning', () => {
  const pretrained = join(root, 'resnet18.safetensors')
  beforeAll(() => writeUntrainedWeights(pretrained, 'resnet18'))
  const base = {
    ...defaultSettings('resnet18', 'finetune', 60),
    imageSize: 32,
    batchSize: 12,
    epochs: 2,
    augmentation: presetPolicy('none'),
  }
  const learnedBy = async (name: string, changes: Partial<typeof base>) => {
    const input = shapesInput(root, { ...base, ...changes }, { run: name, weights: pretrained })
    const { result } = await runHere(input)
    expect(result.state).toBe('finished')
    return new Set(readCheckpoint(input.directory).best?.values.keys())
  }

  it('lets all layers learn, with the statistics of batch norm or without', async () => {
    const kept = await learnedBy('finetune frozen statistics', { freezeBatchNorm: true })
    expect(kept).toContain('conv1.weight')
    expect(kept).toContain('bn1.weight')
    expect(kept).not.toContain('bn1.running_mean')
    const all = await learnedBy('finetune all', { freezeBatchNorm: false, layerDecay: 0.5, ema: 0.9 })
    expect(all).toContain('bn1.running_mean')
    expect([...kept].every((name) => all.has(name))).toBe(true)
  })

  it('leaves all but the last stages as they were', async () => {
    const last = await learnedBy('finetune last', { stages: 1 })
    expect([...last].every((name) => name.startsWith('layer4.') || name.startsWith('fc.'))).toBe(true)
    expect(last).toContain('layer4.0.conv1.weight')
  })
})
