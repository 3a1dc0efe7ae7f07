import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { DecodedPhotos } from '../../dataset/decoded-photos.ts'
import { presetPolicy } from '../../../shared/policy.ts'
import { drawPixels, temporaryFolder, toSharp } from '../../augment/testing.ts'
import {
  openInputPipeline,
  trainingBatchCount,
  type Batch,
  type InputPhoto,
  type InputPipeline,
  type InputPipelineOptions,
} from './input-pipeline.ts'

const folder = temporaryFolder()
const size = { imageSize: 16, resizeTo: 18 }
const policy = presetPolicy('standard')
let photos: InputPhoto[]

beforeAll(async () => {
  photos = await Promise.all(
    Array.from({ length: 23 }, async (_, number) => {
      const path = join(folder.path, `${number}.jpg`)
      await toSharp(drawPixels(40 + number, 60 - number, number))
        .jpeg()
        .toFile(path)
      return { id: `photo ${number}`, path, label: number % 3 }
    }),
  )
})
afterAll(folder.remove)

const opened: InputPipeline[] = []
const open = (options: Partial<InputPipelineOptions> = {}): InputPipeline => {
  const pipeline = openInputPipeline({ ...size, workers: 2, ...options })
  opened.push(pipeline)
  return pipeline
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((pipeline) => pipeline.close()))
})

interface Taken {
  indices: number[]
  labels: number[]
  views: number[]
  images: number[]
}

/** All batches, copied: their arrays hold only until the next one. */
async function take(batches: AsyncIterable<Batch>): Promise<Taken[]> {
  const taken: Taken[] = []
  for await (const { count, indices, labels, views, images } of batches) {
    expect(images.buffer).toBeInstanceOf(ArrayBuffer)
    expect([indices.length, labels.length, views.length, images.length]).toEqual([count, count, count, count * 768])
    taken.push({ indices: [...indices], labels: [...labels], views: [...views], images: [...images] })
  }
  return taken
}

const training = { batchSize: 5, policy, seed: 7, epoch: 1 }

test('an epoch is a seeded shuffle of full batches, the same on any number of threads, cached or not', async () => {
  const alone = open({ workers: 1 })
  const first = await take(alone.trainingBatches({ photos, ...training }))
  expect(first.map(({ indices }) => indices.length)).toEqual([5, 5, 5, 5])
  expect(trainingBatchCount(photos.length, 5)).toBe(4)
  const order = first.flatMap(({ indices }) => indices)
  expect(new Set(order).size).toBe(20)
  expect(first.flatMap(({ labels }) => labels)).toEqual(order.map((index) => index % 3))
  for (const value of first.flatMap(({ images }) => images)) expect(value >= 0 && value <= 1).toBe(true)

  const many = open({ workers: 3, decoded: new DecodedPhotos(1e8) })
  for (let again = 0; again < 3; again++)
    expect(await take(many.trainingBatches({ photos, ...training }))).toEqual(first)
  const next = await take(many.trainingBatches({ photos, ...training, epoch: 2 }))
  expect(next.flatMap(({ indices }) => indices)).not.toEqual(order)
})

test('memory for a few photos only is memory for a few photos', async () => {
  const [none, little] = [open(), open({ decoded: new DecodedPhotos(5000) })]
  const first = await take(none.trainingBatches({ photos, ...training }))
  for (let again = 0; again < 3; again++) {
    expect(await take(little.trainingBatches({ photos, ...training }))).toEqual(first)
  }
})

test('decoded photos are read from memory when they are wanted again', async () => {
  const path = join(folder.path, 'there and gone.jpg')
  writeFileSync(path, readFileSync((photos[0] as InputPhoto).path))
  const pipeline = open({ decoded: new DecodedPhotos(1e8), workers: 1 })
  const request = { photos: [{ id: 'a', path, label: 0 }], batchSize: 1 }
  const first = await take(pipeline.viewBatches(request))
  writeFileSync(path, '')
  expect(await take(pipeline.viewBatches(request))).toEqual(first)
})

test('fewer photos than a batch make one batch; none make none', async () => {
  const pipeline = open()
  const few = await take(pipeline.trainingBatches({ ...training, photos: photos.slice(0, 3) }))
  expect(few.map(({ indices }) => indices.toSorted())).toEqual([[0, 1, 2]])
  expect(await take(pipeline.trainingBatches({ ...training, photos: [] }))).toEqual([])
  expect([trainingBatchCount(3, 5), trainingBatchCount(0, 5), trainingBatchCount(9, 5)]).toEqual([1, 0, 1])
})

test('views come photo by photo, in order, the last batch short', async () => {
  const pipeline = open()
  const plain = await take(pipeline.viewBatches({ photos, batchSize: 10 }))
  expect(plain.flatMap(({ indices }) => indices)).toEqual([...photos.keys()])
  expect(plain.map(({ indices }) => indices.length)).toEqual([10, 10, 3])

  const views = [{ kind: 'plain' }, { kind: 'mirrored' }, { kind: 'augmented', policy, seed: 1, epoch: 0 }] as const
  const all = await take(pipeline.viewBatches({ photos, batchSize: 10, views }))
  expect(all.map(({ indices }) => indices.length)).toEqual([9, 9, 9, 9, 9, 9, 9, 6])
  expect(all[0]?.indices).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2])
  expect(all[0]?.views).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2])
  expect(all[0]?.images.slice(0, 768)).toEqual(plain[0]?.images.slice(0, 768))
})

test('a photo that cannot be read is told once with its reason and costs nothing but itself', async () => {
  const broken = join(folder.path, 'broken.jpg')
  writeFileSync(broken, readFileSync((photos[5] as InputPhoto).path).subarray(0, 300))
  const damaged = photos.with(4, { id: 'broken', path: broken, label: 1 }).with(9, {
    id: 'gone',
    path: join(folder.path, 'gone.jpg'),
    label: 2,
  })
  const told: string[] = []
  const pipeline = open({ onUnreadable: ({ id }, reason) => told.push(`${id}: ${reason}`) })
  const plain = await take(pipeline.viewBatches({ photos: damaged, batchSize: 5 }))
  expect(plain.map(({ indices }) => indices.length)).toEqual([4, 4, 5, 5, 3])
  expect(plain.flatMap(({ indices }) => indices)).toEqual(
    [...photos.keys()].filter((index) => index !== 4 && index !== 9),
  )

  const full = await take(pipeline.trainingBatches({ ...training, photos: damaged, batchSize: 23 }))
  expect(full[0]?.indices).toHaveLength(23)
  expect(full[0]?.indices).not.toContain(4)
  expect(told.toSorted()).toEqual([
    expect.stringContaining('broken: The file breaks off'),
    expect.stringContaining('gone: The file is gone'),
  ])

  const onlyBroken = [damaged[4], damaged[9]] as InputPhoto[]
  expect(await take(pipeline.trainingBatches({ ...training, photos: onlyBroken, batchSize: 2 }))).toEqual([])
  expect(await take(pipeline.viewBatches({ photos: onlyBroken, batchSize: 2 }))).toEqual([])
})

test('a loop that is left or cancelled leaves the pipeline in order', async () => {
  const pipeline = open()
  const expected = await take(pipeline.viewBatches({ photos, batchSize: 4 }))
  for await (const { indices } of pipeline.viewBatches({ photos, batchSize: 4 })) if (indices[0] === 4) break
  const abort = new AbortController()
  const cancelled = async (): Promise<void> => {
    for await (const _ of pipeline.viewBatches({ photos, batchSize: 4, signal: abort.signal }))
      abort.abort(new Error('enough'))
  }
  await expect(cancelled()).rejects.toThrow('enough')
  expect(await take(pipeline.viewBatches({ photos, batchSize: 4 }))).toEqual(expected)
})

test('what one pipeline has decoded the next one need not decode again, and what it cannot use makes room', async () => {
  const path = join(folder.path, 'shared.jpg')
  writeFileSync(path, readFileSync((photos[2] as InputPhoto).path))
  const decoded = new DecodedPhotos(1e6)
  const left = () => new Int32Array(decoded.budget)[0] as number
  const request = { ...training, batchSize: 1, photos: [{ id: 'a', path, label: 0, hash: 'of the bytes' }] }
  const first = await take(open({ decoded }).trainingBatches(request))
  const free = left()
  expect(free).toBeLessThan(Math.floor(1e6 / 1024))
  // By its hash it is the same photo, wherever it is and whatever has become of the file.
  writeFileSync(path, '')
  expect(await take(open({ decoded }).trainingBatches(request))).toEqual(first)
  expect(left()).toBe(free)
  decoded.keepOnly(size, new Set(['of the bytes']))
  expect(left()).toBe(free)
  decoded.keepOnly({ imageSize: 32, resizeTo: 35 }, new Set(['of the bytes']))
  expect(left()).toBe(Math.floor(1e6 / 1024))
})
