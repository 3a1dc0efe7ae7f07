import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writePlanes } from '../augment/pixels.ts'
import { openSized, plainView } from '../augment/preprocess.ts'
import { drawPixels, temporaryFolder, toSharp } from '../augment/testing.ts'
import { openSession, withMetadata } from '../engine/index.ts'
import { ComputeClient } from '../train/compute/compute-client.ts'
import { forkComputeProcess } from '../train/compute/fork-compute.ts'
import { classifyFolder } from './classify-folder.ts'
import { evaluateFolder } from './evaluate-folder.ts'
import { writeTestModel } from './testing.ts'
import { loadTrainedModel } from './trained-model.ts'

const root = temporaryFolder()
const [modelDirectory, folder] = [join(root.path, 'model'), join(root.path, 'photos')]
const classes = ['daisy', 'iris', 'rose']
const compute = new ComputeClient(forkComputeProcess)

beforeAll(async () => {
  await writeTestModel(modelDirectory, { classes })
  for (let number = 0; number < 20; number++) {
    const place = join(folder, classes[number % 3] as string)
    mkdirSync(place, { recursive: true })
    await toSharp(drawPixels(50 + number, 70, number))
      .jpeg()
      .toFile(join(place, `photo ${number}.jpg`))
  }
})
afterAll(async () => {
  await compute.close()
  root.remove()
})

const filesOf = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
const stateOf = (path: string): unknown[] =>
  filesOf(path).map((file) => [file, statSync(file).size, statSync(file).mtimeMs])

describe('a folder', () => {
  test('is classified photo by photo as the model file says, and left as it was', async () => {
    const before = stateOf(folder)
    const told: [number, number][] = []
    const result = await classifyFolder({
      modelDirectory,
      folder,
      compute,
      onProgress: (done, total) => told.push([done, total]),
    })
    expect(told.at(-1)).toEqual([20, 20])
    expect(result.unreadable).toEqual([])
    expect(result.photos).toHaveLength(20)
    expect(result.photos.map(({ path }) => path)).toContain('rose/photo 2.jpg')
    expect(new Set(result.photos.map(({ probability }) => probability)).size).toBeGreaterThan(10)

    const { path, size } = await loadTrainedModel(modelDirectory)
    const session = await openSession(path)
    for (const photo of result.photos.slice(0, 3)) {
      const image = new Float32Array(3 * 32 * 32)
      writePlanes(await plainView(await openSized(join(folder, photo.path)), size), false, image, 0)
      const outputs = await session.run({ image: { data: image, shape: [1, 3, 32, 32] } })
      const [probabilities, scores] = ['probability', 'score'].map((name) =>
        Array.from(outputs[name]?.data as Float32Array),
      )
      if (!probabilities || !scores) throw new Error('the outputs are missing')
      expect(photo.known).toBeCloseTo(scores[0] as number, 3)
      expect(photo.probability).toBeCloseTo(Math.max(...probabilities), 4)
      expect(photo.class).toBe(classes[probabilities.indexOf(Math.max(...probabilities))])
      expect(photo.top.map((each) => each.class).toSorted()).toEqual(classes)
      expect(photo.decision).toBe('known')
      expect(photo.sentence).toMatch(/^We are sure this is an? \w+\.$/)
    }
    await session.close()
    expect(stateOf(folder)).toEqual(before)
  })

  test('gives up what the model does not know', async () => {
    const strict = join(root.path, 'strict')
    await writeTestModel(strict, { thresholds: { unknownBelow: 1, knownFrom: { score: 2, probability: 0 } } })
    const { photos } = await classifyFolder({ modelDirectory: strict, folder, compute })
    expect(new Set(photos.map(({ sentence }) => sentence))).toEqual(
      new Set(['None of the 3 classes this model knows.']),
    )
  })

  test('with damaged photos tells which and why, and classifies the rest', async () => {
    const damaged = join(root.path, 'damaged')
    cpSync(folder, damaged, { recursive: true })
    writeFileSync(join(damaged, 'empty.jpg'), '')
    writeFileSync(join(damaged, 'notes.png'), 'milk, bread, eggs')
    writeFileSync(join(damaged, 'readme.txt'), 'no photo')
    const { photos, unreadable } = await classifyFolder({ modelDirectory, folder: damaged, compute })
    expect(photos).toHaveLength(20)
    expect(unreadable.toSorted((a, b) => a.path.localeCompare(b.path))).toEqual([
      { path: 'empty.jpg', reason: expect.stringContaining('empty') },
      { path: 'notes.png', reason: expect.stringContaining('text file') },
    ])
  })

  test('without photos, or none at all, is refused', async () => {
    const empty = join(root.path, 'empty')
    mkdirSync(empty)
    await expect(classifyFolder({ modelDirectory, folder: empty, compute })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('no photos'),
    })
    await expect(classifyFolder({ modelDirectory, folder: join(empty, 'nowhere'), compute })).rejects.toMatchObject({
      code: 'not-found',
    })
  })

  test('is left when cancelled', async () => {
    // So many that the wish arrives before the last of them.
    const many = join(root.path, 'many')
    for (let copy = 0; copy < 20; copy++) cpSync(folder, join(many, String(copy)), { recursive: true })
    const abort = new AbortController()
    const onProgress = (): void => abort.abort()
    const cancelled = classifyFolder({ modelDirectory, folder: many, compute, signal: abort.signal, onProgress })
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
    expect((await classifyFolder({ modelDirectory, folder, compute })).photos).toHaveLength(20)
  })
})

test('a model that does not run says so', async () => {
  const broken = join(root.path, 'broken')
  await writeTestModel(broken, {
    change: (bytes) =>
      withMetadata(bytes, { 'fleuron.preprocessing': '{"resizeShorterSideTo":36,"centerCrop":[16,16]}' }),
  })
  await expect(classifyFolder({ modelDirectory: broken, folder, compute })).rejects.toMatchObject({
    code: 'unreadable',
    message: 'This model does not run; export it again or choose another.',
  })
})

describe('an evaluation', () => {
  test('counts how often the most probable class is that of the folder', async () => {
    const [evaluation, { photos }] = [
      await evaluateFolder({ modelDirectory, folder, compute }),
      await classifyFolder({ modelDirectory, folder, compute }),
    ]
    const right = photos.filter(({ path, class: name }) => path.startsWith(`${name}/`)).length
    expect(evaluation).toMatchObject({ photos: 20, accuracy: right / 20, classes, unreadable: [] })
    expect(evaluation.confusion.map((row) => row.reduce((sum, count) => sum + count, 0))).toEqual([7, 7, 6])
    expect(evaluation.perClass.map(({ name, support }) => [name, support])).toEqual([
      ['daisy', 7],
      ['iris', 7],
      ['rose', 6],
    ])
  })

  test('refuses classes that the model does not know, and photos of none', async () => {
    const strange = join(root.path, 'strange')
    cpSync(folder, strange, { recursive: true })
    cpSync(join(folder, 'iris'), join(strange, 'tulip'), { recursive: true })
    await expect(evaluateFolder({ modelDirectory, folder: strange, compute })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('does not know tulip'),
    })
    const loose = join(root.path, 'loose')
    cpSync(folder, loose, { recursive: true })
    cpSync(join(folder, 'iris', 'photo 1.jpg'), join(loose, 'photo.jpg'))
    await expect(evaluateFolder({ modelDirectory, folder: loose, compute })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('outside of class folders'),
    })
    const damaged = join(root.path, 'unreadable')
    mkdirSync(join(damaged, 'iris'), { recursive: true })
    writeFileSync(join(damaged, 'iris', 'photo.jpg'), '')
    await expect(evaluateFolder({ modelDirectory, folder: damaged, compute })).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringMatching(/^None of the 1 photos in .* could be read.*iris\/photo\.jpg: The file is empty/),
    })
  })
})
