import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import type { ImageTier } from '../../shared/photo.ts'
import { temporaryFolder } from '../project/testing.ts'
import { imported, idsByPath, jpeg, noise, numbered, photoFolder, writeFiles } from './testing.ts'
import { coverOf, photoImage } from './thumbnails.ts'

async function projectWith(files: Record<string, Buffer>) {
  const folder = temporaryFolder()
  writeFiles(folder, files)
  const { project } = await imported(folder)
  const ids = idsByPath(project)
  const image = (path: string, tier: ImageTier) => photoImage(project, ids.get(path) ?? '', tier)
  const size = async (path: string, tier: ImageTier): Promise<[number, number]> => {
    const { bytes } = await image(path, tier)
    const { width, height } = await sharp(bytes).metadata()
    return [width, height]
  }
  return { folder, project, image, size, ids }
}

test('the sizes of the tiers: the grid sharp when cropped, nothing enlarged, a panorama bounded', async () => {
  const { size } = await projectWith({
    'wide.jpg': await noise(1200, 800).jpeg().toBuffer(),
    'tall.jpg': await noise(800, 3200).jpeg().toBuffer(),
    'small.jpg': await noise(100, 60).jpeg().toBuffer(),
    'panorama.jpg': await noise(4000, 200).jpeg().toBuffer(),
    'turned.jpg': await noise(1200, 800).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  })
  expect(await size('wide.jpg', 'grid')).toEqual([384, 256])
  expect(await size('tall.jpg', 'grid')).toEqual([256, 1024])
  expect(await size('small.jpg', 'grid')).toEqual([100, 60])
  expect(await size('panorama.jpg', 'grid')).toEqual([1024, 51])
  expect(await size('turned.jpg', 'grid')).toEqual([256, 384])
  expect(await size('wide.jpg', 'preview')).toEqual([1200, 800])
  expect(await size('tall.jpg', 'preview')).toEqual([360, 1440])
})

test('the original is the file itself where browsers show it, and re-encoded where they do not', async () => {
  const files = {
    'a.jpg': await jpeg(),
    'b.png': await noise().png().toBuffer(),
    'c.webp': await noise().webp().toBuffer(),
    'd.gif': await noise().gif().toBuffer(),
    'e.avif': await noise().avif({ effort: 0 }).toBuffer(),
    'f.tif': await noise(300, 200).tiff().toBuffer(),
    'g.jpg': await noise().toColourspace('cmyk').jpeg().toBuffer(),
    'h.jpg': await noise().png().toBuffer(),
    'i.png': await noise(40, 20).withMetadata({ orientation: 6 }).png().toBuffer(),
  }
  const { image, size } = await projectWith(files)
  const shown: Record<string, [mediaType: string, itself: boolean]> = {}
  for (const [path, file] of Object.entries(files)) {
    const { bytes, mediaType } = await image(path, 'original')
    shown[path] = [mediaType, Buffer.from(bytes).equals(file)]
  }
  expect(shown).toEqual({
    'a.jpg': ['image/jpeg', true],
    'b.png': ['image/png', true],
    'c.webp': ['image/webp', true],
    'd.gif': ['image/gif', true],
    'e.avif': ['image/avif', true],
    'f.tif': ['image/jpeg', false],
    'g.jpg': ['image/jpeg', false],
    'h.jpg': ['image/png', true],
    'i.png': ['image/jpeg', false],
  })
  expect(await size('f.tif', 'original')).toEqual([300, 200])
  expect(await size('i.png', 'original')).toEqual([20, 40])
})

test('made once and kept; who asks at once gets the same; without the cache it is made again', async () => {
  const { project, image } = await projectWith({ 'a.jpg': await jpeg() })
  const cache = join(project.directory, 'cache')
  rmSync(cache, { recursive: true, force: true })
  const answers = await Promise.all(Array.from({ length: 20 }, () => image('a.jpg', 'grid')))
  expect(new Set(answers.map(({ bytes }) => Buffer.from(bytes).toString('base64'))).size).toBe(1)
  const kept = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  expect(kept.map(({ name }) => name)).toEqual([expect.stringMatching(/\.jpg$/)])
  // A second request reads what is kept.
  const file = join(kept[0]?.parentPath ?? '', kept[0]?.name ?? '')
  writeFileSync(file, 'kept')
  expect(Buffer.from((await image('a.jpg', 'grid')).bytes).toString()).toBe('kept')
  rmSync(cache, { recursive: true })
  expect((await image('a.jpg', 'grid')).bytes).toEqual(answers[0]?.bytes)
})

test('a photo replaced while the project is open is shown as it is now, under a new tag', async () => {
  const { folder, project, image, ids } = await projectWith({ 'a.jpg': await jpeg() })
  const before = await image('a.jpg', 'grid')
  writeFileSync(join(folder, 'a.jpg'), await noise(90, 90).jpeg().toBuffer())
  const after = await image('a.jpg', 'grid')
  expect(after.tag).not.toBe(before.tag)
  expect(await sharp(after.bytes).metadata()).toMatchObject({ width: 90, height: 90 })
  expect(project.photos.stored(ids.get('a.jpg') ?? '').hash).toBeNull()
})

test('a photo that is gone or broken is an error with the reason, and is marked', async () => {
  const { folder, project, image } = await projectWith({
    'a.jpg': await jpeg(),
    'b.jpg': await jpeg(),
    'c.jpg': await jpeg(),
  })
  rmSync(join(folder, 'a.jpg'))
  writeFileSync(join(folder, 'b.jpg'), readFileSync(join(folder, 'b.jpg')).subarray(0, 900))
  for (const tier of ['grid', 'preview'] as const) {
    await expect(image('a.jpg', tier)).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringMatching(/gone/),
    })
    await expect(image('b.jpg', tier)).rejects.toMatchObject({ code: 'unreadable' })
  }
  expect(project.snapshot().unreadable.map(({ path }) => path)).toEqual(['a.jpg', 'b.jpg'])
  await expect(photoImage(project, 'nobody', 'grid')).rejects.toMatchObject({ code: 'not-found' })
  rmSync(folder, { recursive: true })
  await expect(image('c.jpg', 'original')).rejects.toMatchObject({ code: 'not-found' })
  expect(project.snapshot()).toMatchObject({ folderAvailable: false })
  expect(project.snapshot().unreadable).toHaveLength(2)
})

test('the cover shows one photo of each class first, small', async () => {
  const { project } = await imported(await photoFolder([...numbered('rose', 3), ...numbered('tulip', 3), 'x.jpg']))
  const cover = await coverOf(project)
  expect(cover).toHaveLength(4)
  for (const picture of cover) expect(picture.length).toBeLessThan(40_000)
  expect(existsSync(join(project.directory, 'cache', 'thumbnails', 'grid'))).toBe(true)
})
