import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { FleuronError } from '../../shared/errors.ts'
import { stream, type RandomStream } from '../engine/random/index.ts'
import { drawFlower, drawThing, fieldKinds, flowerKinds } from './sample-drawings.ts'
import { makeFolder } from '../project/make-folder.ts'

const seed = 1
const photosPerKind = 60
const picturesPerThing = 2

export interface Sample {
  /** One folder per kind of flower. */
  flowers: string
  /** Pictures of other things, in one folder. */
  field: string
}

interface Drawing {
  path: string
  svg: () => string
}

const series = (kind: string, folder: string, count: number, draw: (random: RandomStream) => string): Drawing[] =>
  Array.from({ length: count }, (_, photo) => ({
    path: join(folder, `${kind}-${String(photo + 1).padStart(2, '0')}.jpg`),
    svg: () => draw(stream({ seed, photo, purpose: `sample ${kind}` })),
  }))

const drawings = (): Drawing[] => [
  ...flowerKinds.flatMap((kind) =>
    series(kind, join('flowers', kind), photosPerKind, (random) => drawFlower(kind, random)),
  ),
  ...fieldKinds.flatMap((kind) => series(kind, 'field', picturesPerThing, (random) => drawThing(kind, random))),
]

/**
 * Draws the built-in sample into a new or empty folder: `<to>/flowers/<kind>/…` (5 kinds, 60 pictures each) and `<to>/field/…`
 * (20 pictures of other things), 320×320 JPEG, the same on every machine. A folder that already holds the sample is
 * used as it is; any other folder that is there is refused (`conflict`), and a place where nothing may be written (`not-permitted`). Nothing half-drawn is left behind.
 */
export async function drawSample(
  to: string,
  options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<Sample> {
  const sample = { flowers: join(to, 'flowers'), field: join(to, 'field') }
  if (await exists(sample.field)) return sample
  const present = await readdir(to).catch(() => null)
  if (present === null ? await exists(to) : present.length > 0) {
    throw new FleuronError(
      'conflict',
      `${to} is already there and does not hold the sample; name a new or empty folder.`,
    )
  }
  const unfinished = `${to}.unfinished-${process.pid}`
  try {
    try {
      makeFolder(unfinished)
    } catch (error) {
      throw cannotWrite(to, error)
    }
    const all = drawings()
    const queue = all.values()
    let done = 0
    const draw = async () => {
      for (const drawing of queue) {
        options.signal?.throwIfAborted()
        const path = join(unfinished, drawing.path)
        await mkdir(dirname(path), { recursive: true })
        await sharp(Buffer.from(drawing.svg())).flatten().jpeg({ quality: 90 }).toFile(path)
        options.onProgress?.(++done, all.length)
      }
    }
    // All have to have stopped before what they drew is removed.
    const drawers = await Promise.allSettled(Array.from({ length: availableParallelism() }, draw))
    const failed = drawers.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
    // Windows renames to a name that is free only.
    if (present !== null) await rmdir(to)
    await rename(unfinished, to)
  } finally {
    // Where nothing can be written there is nothing to remove.
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined)
  }
  return sample
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

const cannotWrite = (to: string, error: unknown): FleuronError =>
  new FleuronError('not-permitted', `The sample cannot be drawn in ${to}; name a folder where you may write.`, {
    details: error instanceof Error ? error.message : String(error),
    cause: error,
  })
