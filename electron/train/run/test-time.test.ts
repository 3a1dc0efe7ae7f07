/** Test-time augmentation of whole runs, against photos that sharp has mirrored and a model that looks at each once. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { presetPolicy, type Policy } from '../../../shared/policy.ts'
import { openSized, plainView } from '../../augment/preprocess.ts'
import { readMetadata, readModel } from '../../engine/index.ts'
import { readCheckpoint } from '../loop/checkpoint.ts'
import { readModelCard } from '../model/model-folder.ts'
import { quickSettings, runHere, shapesInput } from '../testing.ts'
import { shapesForAllTests } from './testing.ts'
import type { TrainPhoto } from './train-job.ts'

const { root, weights } = shapesForAllTests()

const side = 32
/** As the model file says. */
let resizeTo = side

/** [1, 3, side, side] of the plain view, mirrored by sharp where asked. */
async function viewOf(photo: TrainPhoto, flop: boolean): Promise<ort.Tensor> {
  const { data, width, height } = await plainView(await openSized(photo.path), { imageSize: side, resizeTo })
  const raw = sharp(data, { raw: { width, height, channels: 3 } })
  const pixels = await (flop ? raw.flop() : raw).raw().toBuffer()
  const planes = Float32Array.from({ length: 3 * side * side }, (_, at) => {
    const [channel, place] = [Math.floor(at / side ** 2), at % side ** 2]
    return (pixels[place * 3 + channel] as number) / 255
  })
  return new ort.Tensor('float32', planes, [1, 3, side, side])
}

const softmax = (logits: readonly number[]): number[] => {
  const powers = logits.map((value) => Math.exp(value - Math.max(...logits)))
  const sum = powers.reduce((total, value) => total + value, 0)
  return powers.map((value) => value / sum)
}

describe.each([
  ['scratch', 'light'],
  ['frozen', 'light'],
  // The mirror is looked at, and not learned from.
  ['frozen', 'none'],
] as const)('a run (%s) on photos augmented as “%s”', (mode, preset) => {
  it('is judged by the mean of each photo and its mirror, and so is whoever runs its model', async () => {
    const policy: Policy = presetPolicy(preset)
    // One epoch: the same one is the best, whatever judges it.
    const runWith = async (name: string, augmentation: Policy) => {
      const settings = quickSettings(mode, { epochs: 1, augmentation })
      const input = shapesInput(root, settings, { run: `${mode} ${preset} ${name}`, weights })
      const { result, told } = await runHere(input)
      const model = join(result.modelDirectory, 'model.onnx')
      const epoch = told.flatMap(({ completed }) => completed ?? [])[0]
      return { input, result, epoch, model, session: await ort.InferenceSession.create(model) }
    }
    const once = await runWith('once', policy)
    const twice = await runWith('twice', { ...policy, testTime: { mirror: 1 } })
    expect(readCheckpoint(twice.input.directory).best).toEqual(readCheckpoint(once.input.directory).best)
    const { temperature, settings } = readModelCard(twice.result.modelDirectory)
    expect(settings.augmentation.testTime).toEqual({ mirror: 1 })
    const said = readMetadata(readModel(readFileSync(twice.model)))
    expect(said['fleuron.testTime']).toBe('"mirror"')
    resizeTo = JSON.parse(said['fleuron.preprocessing'] as string).resizeShorterSideTo

    const logitsOf = async (photo: TrainPhoto, flop: boolean): Promise<number[]> => {
      const { logits } = await once.session.run({ image: await viewOf(photo, flop) })
      return Array.from(logits?.data as Float32Array)
    }
    let loss = 0
    let moved = 0
    for (const split of ['validation', 'test'] as const) {
      for (const photo of twice.input.photos[split]) {
        const [plain, mirror] = [await logitsOf(photo, false), await logitsOf(photo, true)]
        const mean = plain.map((value, at) => (value + (mirror[at] as number)) / 2)
        moved = Math.max(moved, ...mean.map((value, at) => Math.abs(value - (plain[at] as number))))
        const expected = softmax(mean.map((value) => value / temperature))
        const kept = twice.result.predictions.find((prediction) => prediction.photo === photo.id)
        const { probability, score } = await twice.session.run({ image: await viewOf(photo, false) })
        const served = Array.from(probability?.data as Float32Array)
        expected.forEach((value, at) => {
          expect(kept?.probabilities[at]).toBeCloseTo(value, 4)
          expect(served[at]).toBeCloseTo(value, 4)
        })
        const [own = Number.NaN] = Array.from(score?.data as Float32Array)
        expect(Math.abs(own - (kept?.score as number))).toBeLessThan(1e-3 * Math.max(1, Math.abs(own)))
        if (split === 'validation') loss -= Math.log(softmax(mean)[photo.label] as number)
      }
    }
    // It does make a difference, or nothing was shown.
    expect(moved).toBeGreaterThan(1e-3)
    expect(twice.epoch?.validationLoss).toBeCloseTo(loss / twice.input.photos.validation.length, 4)
    expect(twice.epoch?.trainLoss).toBe(once.epoch?.trainLoss)
  })
})
