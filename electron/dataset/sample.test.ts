import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drawSample } from './sample.ts'
import { flowerKinds } from './sample-drawings.ts'

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'fleuron-sample-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

const digest = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

test('draws 60 pictures of each kind and 20 of other things, the same every time, no two alike', async () => {
  const seen: number[] = []
  const first = await drawSample(join(scratch, 'a'), { onProgress: (done) => seen.push(done) })
  const second = await drawSample(join(scratch, 'b'))
  const digests = new Set<string>()
  for (const kind of flowerKinds) {
    const names = await readdir(join(first.flowers, kind))
    expect(names).toHaveLength(60)
    for (const name of names) {
      const [a, b] = await Promise.all([
        digest(join(first.flowers, kind, name)),
        digest(join(second.flowers, kind, name)),
      ])
      expect(a).toBe(b)
      digests.add(a)
    }
  }
  expect(digests.size).toBe(300)
  expect(await readdir(first.field)).toHaveLength(20)
  expect(seen.at(-1)).toBe(320)
})

test('the background tells nothing about the kind', async () => {
  const { flowers } = await drawSample(join(scratch, 'a'))
  // Mean colour of a corner, where flowers hardly reach: the kinds must not differ by more than chance.
  const means = await Promise.all(
    flowerKinds.map(async (kind) => {
      const names = await readdir(join(flowers, kind))
      const edges = await Promise.all(
        names.map(async (name) => {
          // stats() looks at its input, not at the end of the pipeline: the corner has to be cut out first.
          const corner = sharp(join(flowers, kind, name)).extract({ left: 0, top: 0, width: 6, height: 6 })
          return sharp(await corner.png().toBuffer()).stats()
        }),
      )
      return [0, 1, 2].map((channel) => {
        const values = edges.map((edge) => edge.channels[channel]?.mean ?? Number.NaN)
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
        return { mean, error: Math.sqrt(variance / values.length) }
      })
    }),
  )
  for (const one of means) {
    for (const other of means) {
      for (const [channel, a] of one.entries()) {
        const b = other[channel]!
        expect(Math.abs(a.mean - b.mean)).toBeLessThan(4.5 * Math.hypot(a.error, b.error))
      }
    }
  }
})

test('refuses a folder of other things and leaves it as it is', async () => {
  const folder = join(scratch, 'mine')
  await mkdir(folder)
  await writeFile(join(folder, 'notes.txt'), 'keep me')
  await expect(drawSample(folder)).rejects.toMatchObject({ code: 'conflict' })
  expect(await readdir(folder)).toEqual(['notes.txt'])
})

test('takes an empty folder, and says where nothing can be written', async () => {
  const folder = join(scratch, 'empty')
  await mkdir(folder)
  const { field } = await drawSample(folder)
  expect(await readdir(field)).toHaveLength(20)
  const file = join(scratch, 'file')
  await writeFile(file, '')
  await expect(drawSample(join(file, 'sample'))).rejects.toMatchObject({ code: 'not-permitted' })
})

test('cancelling leaves nothing behind', async () => {
  const stop = new AbortController()
  const drawn = drawSample(join(scratch, 'c'), {
    signal: stop.signal,
    onProgress: (done) => done === 10 && stop.abort(),
  })
  await expect(drawn).rejects.toThrow()
  expect((await readdir(scratch)).filter((name) => name.startsWith('c'))).toEqual([])
})
