import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { describeShared, readShared, sharedFolder } from '../engine/testing.ts'
import { openSized, plainView, resizedSize, shrunkPhoto } from './preprocess.ts'
import type { Pixels } from './pixels.ts'
import { policy, presetPolicy } from '../../shared/policy.ts'
import { drawPixels, temporaryFolder, toSharp } from './testing.ts'
import { keptSide, plainBox, writeViews } from './views.ts'

const folder = temporaryFolder()
afterAll(folder.remove)
const file = (name: string): string => join(folder.path, name)

interface ImageOracle {
  preprocessing: { resizeShorterSideTo: number; centerCrop: number }
  positions: [channel: number, y: number, x: number][]
  photos: { photo: string; size: [number, number]; tensor: { mean: number[]; std: number[]; samples: number[] } }[]
}

/** Mean and deviation of a channel in units of the network's input: mean and deviation 0.5 taken out. */
function moments({ data }: Pixels, channel: number): { mean: number; std: number } {
  const values = data.filter((_, index) => index % 3 === channel)
  const normalised = Array.from(values, (value) => value / 127.5 - 1)
  const mean = normalised.reduce((sum, value) => sum + value, 0) / normalised.length
  return { mean, std: Math.sqrt(normalised.reduce((sum, value) => sum + (value - mean) ** 2, 0) / normalised.length) }
}

for (const weights of ['vit_tiny_patch16_224', 'tf_mobilenetv2_100']) {
  describeShared(`the plain view is timm's, for ${weights}`, `oracle/images/${weights}.json`, () => {
    const oracle = readShared<ImageOracle>(`oracle/images/${weights}.json`)
    const size = { imageSize: oracle.preprocessing.centerCrop, resizeTo: oracle.preprocessing.resizeShorterSideTo }
    test.each(oracle.photos)('$photo', async ({ photo, tensor, size: [width, height] }) => {
      const opened = await openSized(join(sharedFolder, 'data', photo))
      expect(opened).toMatchObject({ width, height })
      const view = await plainView(opened, size)
      for (const channel of [0, 1, 2]) {
        const { mean, std } = moments(view, channel)
        expect(Math.abs(mean - (tensor.mean[channel] as number))).toBeLessThan(1e-3)
        expect(Math.abs(std / (tensor.std[channel] as number) - 1)).toBeLessThan(0.01)
      }
      oracle.positions.forEach(([channel, y, x], index) => {
        const value = (view.data[(y * size.imageSize + x) * 3 + channel] as number) / 127.5 - 1
        expect(Math.abs(value - (tensor.samples[index] as number))).toBeLessThan(0.02)
      })
    })
  })
}

describe('every kind of photo becomes 8-bit RGB of the right size', () => {
  const size = { imageSize: 32, resizeTo: 36 }
  const drawn = toSharp(drawPixels(120, 90, 1))
  const kinds = {
    'grey.png': () => drawn.clone().greyscale().png(),
    '16-bit.png': () => drawn.clone().toColourspace('rgb16').png(),
    'cmyk.jpg': () => drawn.clone().toColourspace('cmyk').jpeg(),
    'transparent.png': () => drawn.clone().ensureAlpha(0.5).png(),
    'webp.webp': () => drawn.clone().webp(),
    'tiny.png': () => drawn.clone().resize(3, 2).png(),
    'tower.png': () => drawn.clone().resize(5, 300, { fit: 'fill' }).png(),
    'ribbon.png': () => drawn.clone().resize(3000, 10, { fit: 'fill' }).png(),
  }
  test.each(Object.entries(kinds))('%s', async (name, draw) => {
    await draw().toFile(file(name))
    const photo = await openSized(file(name))
    const view = await plainView(photo, size)
    expect(view).toMatchObject({ width: 32, height: 32 })
    expect(view.data).toHaveLength(32 * 32 * 3)
    const kept = await shrunkPhoto(photo, 40)
    expect(kept.data).toHaveLength(kept.width * kept.height * 3)
    expect(Math.min(kept.width, kept.height)).toBe(Math.min(40, photo.width, photo.height))
  })

  test('turned as its orientation says', async () => {
    const upright = drawPixels(90, 120, 4)
    await toSharp(upright).png().toFile(file('upright.png'))
    await toSharp(upright).rotate(-90).withMetadata({ orientation: 6 }).png().toFile(file('turned.png'))
    const [a, b] = await Promise.all(['upright.png', 'turned.png'].map((name) => openSized(file(name))))
    expect(b).toMatchObject({ width: 90, height: 120 })
    expect((await plainView(b as NonNullable<typeof b>, size)).data).toEqual(
      (await plainView(a as NonNullable<typeof a>, size)).data,
    )
    // Smaller than the view: another way through the code.
    const large = { imageSize: 140, resizeTo: 150 }
    expect((await plainView(b as NonNullable<typeof b>, large)).data).toEqual(
      (await plainView(a as NonNullable<typeof a>, large)).data,
    )
  })
})

const kept = (areaMin: number): number =>
  keptSide(
    { imageSize: 96, resizeTo: 96 },
    policy.parse({ version: 1, ...(areaMin < 1 && { randomResizedCrop: { areaMin } }) }),
  )

test('the longer side is rounded down, as in timm', () => {
  expect(resizedSize({ width: 499, height: 665 }, 248)).toEqual({ width: 248, height: 330 })
  expect(resizedSize({ width: 500, height: 375 }, 256)).toEqual({ width: 341, height: 256 })
  expect(resizedSize({ width: 224, height: 224 }, 248)).toEqual({ width: 248, height: 248 })
})

test('a file that lacks its last rows fails, though the view would not need them', async () => {
  await toSharp(drawPixels(64, 256, 1))
    .jpeg()
    .toFile(file('tall.jpg'))
  const bytes = await readFile(file('tall.jpg'))
  await writeFile(file('cut.jpg'), bytes.subarray(0, Math.floor(bytes.length * 0.99)))
  expect(await openSized(file('tall.jpg'))).toMatchObject({ width: 64, height: 256 })
  await expect(openSized(file('cut.jpg'))).rejects.toThrow(/premature end/i)
})

describe('views', () => {
  const size = { imageSize: 24, resizeTo: 27 }
  const photo = { id: 'a', path: file('views.png') }
  const none = { get: () => undefined, set: () => undefined }
  const length = 3 * 24 * 24
  const augmented = {
    kind: 'augmented',
    policy: presetPolicy('standard'),
    seed: 3,
    epoch: 1,
  } as const

  test('stand one after the other, and are the same from memory', async () => {
    await toSharp(drawPixels(160, 120, 2))
      .png()
      .toFile(photo.path)
    const views = [{ kind: 'plain' }, { kind: 'mirrored' }, augmented] as const
    const read = new Float32Array(3 * length)
    await writeViews(photo, views, size, none, read, 0)
    for (let i = 0; i < length; i++) {
      const x = i % 24
      expect(read[length + i - x + 23 - x]).toBe(read[i])
    }
    const onShelf = new Map<string, Pixels>()
    const shelf = {
      get: (key: string) => onShelf.get(key),
      set: (key: string, _: unknown, pixels: Pixels) => void onShelf.set(key, pixels),
    }
    const fromMemory = new Float32Array(3 * length)
    await writeViews(photo, views, size, shelf, fromMemory, 0)
    await writeViews({ ...photo, path: photo.path }, views, size, shelf, fromMemory, 0)
    expect(fromMemory).toEqual(read)
    expect(onShelf.size).toBe(2)
  })

  test('with nothing drawn at random are the plain view', async () => {
    const still = { ...augmented, policy: presetPolicy('none') }
    const both = new Float32Array(2 * length)
    await writeViews(photo, [{ kind: 'plain' }, still], size, none, both, 0)
    expect(both.subarray(length)).toEqual(both.subarray(0, length))
  })

  test('a photo is kept as large as its smallest crop needs', () => {
    expect(kept(1)).toBe(96)
    // 0.4 · 132 · 176 is 96².
    expect(kept(0.4)).toBe(154)
    expect(kept(0.6)).toBe(120)
    expect(kept(0.08)).toBe(192)
    expect(plainBox({ width: 176, height: 132 }, { imageSize: 224, resizeTo: 248 })).toEqual({
      left: 28,
      top: 6,
      width: 119,
      height: 119,
    })
  })
})
