import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp, { type OutputInfo } from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AugmentationPreviews } from './preview.ts'
import { presetPolicy } from '../../shared/policy.ts'
import { drawPixels, temporaryFolder, toSharp } from './testing.ts'
import { writeViews } from './views.ts'

const folder = temporaryFolder()
const photo = { id: 'a', path: join(folder.path, 'a.jpg') }
const size = { imageSize: 64, resizeTo: 72 }
const policy = presetPolicy('standard')

beforeAll(async () => {
  await toSharp(drawPixels(640, 480, 1))
    .jpeg()
    .toFile(photo.path)
  writeFileSync(join(folder.path, 'broken.jpg'), 'not a photo')
})
afterAll(folder.remove)

const pixelsOf = async (url: string): Promise<{ data: Buffer; info: OutputInfo }> => {
  expect(url).toMatch(/^data:image\/jpeg;base64,/)
  const bytes = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
  return sharp(bytes).raw().toBuffer({ resolveWithObject: true })
}

test('shows the photo and what each epoch would make of it', async () => {
  const previews = new AugmentationPreviews()
  const request = { photos: [photo], size, policy, seed: 4, samples: 3 }
  const [made] = await previews.make(request)
  expect(made?.photo).toBe('a')
  expect((await pixelsOf(made?.original ?? '')).info).toMatchObject({ width: 320, height: 240 })
  expect(new Set(made?.samples).size).toBe(3)

  const trained = new Float32Array(3 * 64 * 64)
  const view = { kind: 'augmented', policy, seed: 4, epoch: 2 } as const
  await writeViews(photo, [view], size, { get: () => undefined, set: () => undefined }, trained, 0)
  const { data, info } = await pixelsOf(made?.samples[1] ?? '')
  expect(info).toMatchObject({ width: 64, height: 64 })
  const differences = Array.from(data, (value, i) =>
    Math.abs(value - (trained[(i % 3) * 4096 + Math.floor(i / 3)] ?? 0) * 255),
  )
  // Only JPEG's own loss lies between them.
  expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(4)

  expect(await previews.make(request)).toEqual([made])
})

test('a photo that cannot be read is left out', async () => {
  const broken = { id: 'b', path: join(folder.path, 'broken.jpg') }
  const made = await new AugmentationPreviews().make({
    photos: [broken, photo],
    size,
    policy,
    seed: 1,
    samples: 1,
  })
  expect(made.map((each) => each.photo)).toEqual(['a'])
})
