import { copyFileSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drawPixels, temporaryFolder, toSharp } from '../augment/testing.ts'
import { ComputeClient } from '../train/compute/compute-client.ts'
import { forkComputeProcess } from '../train/compute/fork-compute.ts'
import { readModelCard } from '../train/model/model-folder.ts'
import { classifyFolder } from './classify-folder.ts'
import { quantizeModelFolder } from './quantize-folder.ts'
import { writeTestModel } from './testing.ts'
import { loadTrainedModel } from './trained-model.ts'

const root = temporaryFolder()
const compute = new ComputeClient(forkComputeProcess)
const modelDirectory = join(root.path, 'model')
const [drawn, sorted] = [join(root.path, 'drawn'), join(root.path, 'sorted')]

/** Photos in folders of the classes that the model gives them: it is right on all. */
beforeAll(async () => {
  await writeTestModel(modelDirectory)
  mkdirSync(drawn)
  for (let number = 0; number < 24; number++) {
    await toSharp(drawPixels(50 + number, 70, number))
      .jpeg()
      .toFile(join(drawn, `${number}.jpg`))
  }
  const { photos } = await classifyFolder({ modelDirectory, folder: drawn, compute })
  for (const { path, class: name } of photos) {
    mkdirSync(join(sorted, name), { recursive: true })
    copyFileSync(join(drawn, path), join(sorted, name, path))
  }
})
afterAll(async () => {
  await compute.close()
  root.remove()
})

test('a model without a faster form says so', async () => {
  await expect(loadTrainedModel(modelDirectory, 'int8')).rejects.toMatchObject({
    code: 'not-ready',
    message: expect.stringContaining('fleuron quantize'),
  })
})

test('the faster form is written beside the model, measured, and classifies nearly alike', async () => {
  const faster = await quantizeModelFolder({ modelDirectory, photos: sorted, compute })
  expect(faster).toMatchObject({ method: 'static', nodes: 4, photos: 24, fullAccuracy: 1 })
  expect(faster.accuracy).toBeGreaterThanOrEqual(0.995)
  expect(faster.speed).toBeGreaterThan(0)
  expect(readModelCard(modelDirectory).faster).toEqual(faster)
  const model = await loadTrainedModel(modelDirectory, 'int8')
  expect(statSync(model.path).size).toBeLessThan(statSync(join(modelDirectory, 'model.onnx')).size)
  const [full, onBytes] = [
    await classifyFolder({ modelDirectory, folder: drawn, compute }),
    await classifyFolder({ modelDirectory, folder: drawn, compute, precision: 'int8' }),
  ]
  expect(onBytes.photos.map(({ probability }) => probability)).not.toEqual(
    full.photos.map(({ probability }) => probability),
  )
  full.photos.forEach(({ path, probability, known }, index) => {
    const other = onBytes.photos[index]!
    expect(other.path).toBe(path)
    expect(Math.abs(other.probability - probability)).toBeLessThan(0.15)
    expect(Math.abs(other.known / known - 1)).toBeLessThan(0.05)
  })
})

test('photos of classes that the model does not know are refused', async () => {
  const strange = join(root.path, 'strange')
  mkdirSync(join(strange, 'thistle'), { recursive: true })
  copyFileSync(join(drawn, '0.jpg'), join(strange, 'thistle', '0.jpg'))
  await expect(quantizeModelFolder({ modelDirectory, photos: strange, compute })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('thistle'),
  })
})
