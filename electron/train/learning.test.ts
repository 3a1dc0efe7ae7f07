import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drawSample } from '../dataset/sample.ts'
import { createModel, initialState, normalisePhotos, TrainingSession } from '../engine/index.ts'
import { stream } from '../engine/random/index.ts'
import { sharedFolder } from '../engine/testing.ts'
import { temporaryFolder } from './testing.ts'

/**
 * The smallest of each family learns 32 photos by heart, from scratch: nothing between the pixels and the weights stands
 * in the way of learning. Real photos where they are beside the project, else those of the sample.
 */

const [perClass, loss] = [8, 0.05]
const classCount = 4
const flowers = join(sharedFolder, 'data/flowers')

const learners = [
  { name: 'simple_cnn', side: 48, rate: 3e-3, most: 80 },
  { name: 'resnet18', side: 48, rate: 1e-3, most: 40 },
  { name: 'vit_tiny_patch16_224', side: 48, rate: 5e-4, most: 120 },
  { name: 'inception_v3', side: 75, rate: 1e-3, most: 60 },
  { name: 'mobilenetv2_100', side: 48, rate: 2e-3, most: 80 },
  { name: 'convnext_atto', side: 48, rate: 2e-3, most: 120 },
] as const

/** Pixels in 0 … 1, [3, side, side], the middle of the photo. */
async function decode(path: string, side: number): Promise<Float32Array> {
  const pixels = await sharp(path).resize(side, side, { fit: 'cover' }).removeAlpha().raw().toBuffer()
  const plane = side * side
  return Float32Array.from({ length: 3 * plane }, (_, i) => pixels[(i % plane) * 3 + Math.floor(i / plane)]! / 255)
}

let paths: string[]
const scratch = temporaryFolder()
afterAll(() => scratch[Symbol.dispose]())
beforeAll(async () => {
  const real = existsSync(flowers)
  const folder = real ? flowers : (await drawSample(scratch.path)).flowers
  process.stderr.write(`Learning by heart: ${real ? 'real photos' : `the built-in sample, there is no ${flowers}`}.\n`)
  const classes = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  paths = classes
    .map(({ name }) => name)
    .sort()
    .slice(0, classCount)
    .flatMap((name) =>
      readdirSync(join(folder, name))
        .sort()
        .slice(0, perClass)
        .map((photo) => join(folder, name, photo)),
    )
})

test.each(learners)('$name', async ({ name, side, rate, most }) => {
  const model = createModel(name, { classes: classCount, inputSize: [side, side] })
  const photos = await Promise.all(paths.map((path) => decode(path, side)))
  const batch = {
    inputs: Float32Array.from(photos.flatMap((photo) => [...photo])),
    targets: Int32Array.from(paths, (_, i) => Math.floor(i / perClass)),
  }
  const session = await TrainingSession.create({
    model: (pass, images) => model.forward(pass, normalisePhotos(images, model.config)),
    inputShape: [3, side, side],
    classes: classCount,
    batchSize: paths.length,
    targets: 'labels',
    optimizer: { name: 'adamw' },
    clipNorm: 1,
    parameters: initialState(model, 1),
    // To find the fastest forms of convolutions takes longer than to learn.
    execution: { threads: 2, forms: {} },
  })
  const random = (purpose: string, shape: readonly number[]) =>
    stream({ seed: 1, step: session.steps, purpose }).fillUniform(
      new Float32Array(shape.reduce((product, size) => product * size, 1)),
    )
  let last = Infinity
  while (session.steps < most && last >= loss) {
    const { loss: found } = await session.step(batch, { learningRate: rate, random })
    last = found
  }
  await session.close()
  expect(last).toBeLessThan(loss)
})
