import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp, { type OutputInfo } from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AugmentationPreviews } from './preview.ts'
import { policy as parsePolicy, presetPolicy } from '../../shared/policy.ts'
import { drawMix } from './mixing.ts'
import { drawPixels, temporaryFolder, toSharp } from './testing.ts'
import { writeViews } from './views.ts'

const folder = temporaryFolder()
const photo = { id: 'a', path: join(folder.path, 'a.jpg'), classId: 'rose' }
const other = { id: 'o', path: join(folder.path, 'other.jpg'), classId: 'tulip' }
const size = { imageSize: 64, resizeTo: 72 }
const policy = presetPolicy('standard')

beforeAll(async () => {
  await toSharp(drawPixels(640, 480, 1))
    .jpeg()
    .toFile(photo.path)
  await toSharp(drawPixels(300, 300, 7))
    .jpeg()
    .toFile(other.path)
  writeFileSync(join(folder.path, 'broken.jpg'), 'not a photo')
})
afterAll(folder.remove)

const pixelsOf = async (url: string): Promise<{ data: Buffer; info: OutputInfo }> => {
  expect(url).toMatch(/^data:image\/jpeg;base64,/)
  const bytes = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
  return sharp(bytes).raw().toBuffer({ resolveWithObject: true })
}

test('shows the photo and what each epoch would make of it', async () => {
  await using previews = new AugmentationPreviews()
  const request = { photos: [photo], partners: [], size, policy, seed: 4, samples: 3 }
  const [made] = await previews.make(request)
  expect(made?.photo).toBe('a')
  expect((await pixelsOf(made?.original ?? '')).info).toMatchObject({ width: 480, height: 360 })
  expect(new Set(made?.samples.map(({ picture }) => picture)).size).toBe(3)

  const trained = new Float32Array(3 * 64 * 64)
  const view = { kind: 'augmented', policy, seed: 4, epoch: 2 } as const
  await writeViews(photo, [view], size, { get: () => undefined, set: () => undefined }, trained, 0)
  const { data, info } = await pixelsOf(made?.samples[1]?.picture ?? '')
  expect(info).toMatchObject({ width: 64, height: 64 })
  const differences = Array.from(data, (value, i) =>
    Math.abs(value - (trained[(i % 3) * 4096 + Math.floor(i / 3)] ?? 0) * 255),
  )
  // Only JPEG's own loss lies between them.
  expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(4)

  expect(await previews.make(request)).toEqual([made])
})

test('a photo that cannot be read is left out', async () => {
  const broken = { id: 'b', path: join(folder.path, 'broken.jpg'), classId: null }
  await using previews = new AugmentationPreviews()
  const made = await previews.make({
    photos: [broken, photo],
    partners: [],
    size,
    policy,
    seed: 1,
    samples: 1,
  })
  expect(made.map((each) => each.photo)).toEqual(['a'])
})

test('where none can be read the reason is told', async () => {
  await using previews = new AugmentationPreviews()
  const broken = { id: 'b', path: join(folder.path, 'broken.jpg'), classId: null }
  const gone = { id: 'g', path: join(folder.path, 'gone.jpg'), classId: null }
  const make = (photos: (typeof photo | typeof gone)[]) =>
    previews.make({ photos, partners: [], size, policy, seed: 1, samples: 1 })
  const isText = { code: 'unreadable', message: expect.stringMatching(/text file and not a photo/) }
  const isGone = { code: 'unreadable', message: expect.stringMatching(/^The file is gone/) }
  await expect(make([broken])).rejects.toMatchObject(isText)
  await expect(make([gone, broken])).rejects.toMatchObject(isGone)
  await expect(previews.extremes({ photo: gone, size, policy })).rejects.toMatchObject(isGone)
  expect(await make([])).toEqual([])
})

test('mixes with another photo as training would, and says how', async () => {
  await using previews = new AugmentationPreviews()
  const mixing = parsePolicy.parse({ version: 1, mix: { mixUp: 0, cutMix: 1 } })
  const request = { photos: [photo], partners: [photo, other], size, policy: mixing, seed: 4, samples: 8 }
  const [made] = await previews.make(request)
  const [unmixed] = await previews.make({ ...request, policy: presetPolicy('none') })
  const own = (await pixelsOf(unmixed?.samples[0]?.picture ?? '')).data
  for (const [index, { picture, mix }] of (made?.samples ?? []).entries()) {
    const drawn = drawMix(
      mixing.mix as NonNullable<typeof mixing.mix>,
      { seed: 4, epoch: index + 1, step: 0 },
      { width: 64, height: 64 },
    )
    expect(mix).toEqual({ share: drawn?.share, kind: 'cutMix', classId: 'tulip' })
    const { data } = await pixelsOf(picture)
    let same = 0
    for (let pixel = 0; pixel < 4096; pixel++) {
      const differs = [0, 1, 2].some((c) => Math.abs((data[pixel * 3 + c] ?? 0) - (own[pixel * 3 + c] ?? 0)) > 24)
      same += Number(!differs)
    }
    // Where the two photos look alike, and where JPEG smears the edge of the box, pixels count for the wrong one.
    expect(Math.abs(same / 4096 - (mix?.share ?? 0))).toBeLessThan(0.12)
  }
})

test('shows every transform at the ends of its range, the same each time', async () => {
  await using previews = new AugmentationPreviews()
  const field = presetPolicy('field')
  const made = await previews.extremes({ photo, size, policy: field })
  const count = (transform: string): number => made.filter((each) => each.transform === transform).length
  const { version: _, ...used } = field
  for (const name of Object.keys(used)) {
    expect(count(name), name).toBe(['horizontalFlip', 'gaussianNoise'].includes(name) ? 1 : 2)
  }
  expect(count('all')).toBe(2)
  expect(new Set(made.map(({ picture }) => picture)).size).toBeGreaterThan(made.length - 3)
  expect(await previews.extremes({ photo, size, policy: field })).toEqual(made)
  const automatic = await previews.extremes({ photo, size, policy: presetPolicy('strong') })
  expect(automatic.filter(({ change }) => change !== null).length).toBe(8)
})

test('many photos and sizes in turn leave none unanswered', async () => {
  await using previews = new AugmentationPreviews()
  const make = (imageSize: number, seed: number) =>
    previews.make({ photos: [photo], partners: [], size: { imageSize, resizeTo: 72 }, policy, seed, samples: 2 })
  const made = await Promise.all([make(64, 1), make(48, 1), make(64, 2), make(48, 2)])
  expect(made.map(([each]) => each?.samples.length)).toEqual([2, 2, 2, 2])
  expect(await make(64, 1)).toEqual(made[0])
  expect(await make(48, 2)).toEqual(made[3])
})
