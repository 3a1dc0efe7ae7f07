import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import PQueue from 'p-queue'
import type { Metadata, Sharp } from 'sharp'
import type { ImageTier } from '../../shared/photo.ts'
import { newId } from '../project/ids.ts'
import { openPhoto, readHeader } from './decode.ts'

/** A photograph as it is sent to the window. */
export interface Picture {
  bytes: Uint8Array<ArrayBuffer>
  mediaType: string
  /** An HTTP entity tag: changes when the file does. */
  tag: string
}

/** A file to be shown, and where its smaller versions may be kept. */
export interface PictureFile {
  /** Absolute. */
  path: string
  /** Folder of the cache; it may be deleted at any time. */
  cache: string
  /** Names the photo within the cache; letters and digits. */
  name: string
}

interface FileState {
  size: number
  modified: number
}

/** The grid crops its cells, so it is the shorter side that must be sharp; a panorama ends somewhere. */
const gridShorter = 256
const gridLonger = 1024
const previewLonger = 1440

/** What a browser shows as it is. */
const mediaTypes: Partial<Record<Metadata['format'], string>> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  heif: 'image/avif',
}

// The newest first: who scrolls on no longer waits for what has gone by.
const queue = new PQueue({ concurrency: Math.max(2, Math.min(4, availableParallelism() - 1)) })
let arrival = 0
const underWay = new Map<string, Promise<Buffer>>()

/**
 * A photo at the size the window asks for, as all of Fleuron decodes it. Smaller versions are made once and kept.
 *
 * @throws what the file system or sharp throw; `unreadableReason` has the words
 */
export async function pictureOf(file: PictureFile, tier: ImageTier): Promise<Picture & { state: FileState }> {
  const { size, mtimeMs } = await stat(file.path)
  const state = { size, modified: mtimeMs }
  const version = `${file.name}-${size.toString(36)}-${Math.round(mtimeMs * 1000).toString(36)}`
  const tag = `"${version}-${tier}"`
  if (tier === 'original') return { ...(await originalOf(file.path)), tag, state }
  const kept = join(file.cache, tier, file.name.slice(0, 2), `${version}.jpg`)
  return { bytes: asBytes(await smallOf(file.path, kept, tier)), mediaType: 'image/jpeg', tag, state }
}

/** From the cache, or made now; two who ask at once get the same. */
async function smallOf(path: string, kept: string, tier: 'grid' | 'preview'): Promise<Buffer> {
  try {
    return await readFile(kept)
  } catch {
    let making = underWay.get(kept)
    if (!making) {
      making = queue.add(() => makeSmall(path, kept, tier), { priority: arrival++ })
      underWay.set(kept, making)
      void making.catch(() => undefined).finally(() => underWay.delete(kept))
    }
    return making
  }
}

async function makeSmall(path: string, kept: string, tier: 'grid' | 'preview'): Promise<Buffer> {
  const source = await readFile(path)
  const header = await readHeader(source)
  const bytes = await shrink(openPhoto(source, header), header.autoOrient, tier)
    .jpeg({ quality: tier === 'grid' ? 80 : 86 })
    .toBuffer()
  // Without room for the cache the photo is shown all the same.
  await keep(kept, bytes).catch(() => undefined)
  return bytes
}

function shrink(photo: Sharp, { width, height }: { width: number; height: number }, tier: 'grid' | 'preview'): Sharp {
  const panorama = Math.max(width, height) > (gridLonger / gridShorter) * Math.min(width, height)
  const side = tier === 'preview' ? previewLonger : panorama ? gridLonger : gridShorter
  const fit = tier === 'preview' || panorama ? 'inside' : 'outside'
  return photo.resize({ width: side, height: side, fit, withoutEnlargement: true })
}

/** Whole or not at all: another request may read it at any moment. */
async function keep(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const unfinished = `${path}.${newId()}`
  await writeFile(unfinished, bytes)
  await rename(unfinished, path)
}

async function originalOf(path: string): Promise<Pick<Picture, 'bytes' | 'mediaType'>> {
  const source = await readFile(path)
  const header = await readHeader(source)
  const { format, orientation, space } = header
  const mediaType = mediaTypes[format]
  // Browsers turn JPEG files by their EXIF note and show CMYK each in its own way.
  const asItIs = (format === 'jpeg' || (orientation ?? 1) === 1) && space !== 'cmyk'
  if (mediaType !== undefined && asItIs) return { bytes: source, mediaType }
  const bytes = await queue.add(() => openPhoto(source, header).jpeg({ quality: 92 }).toBuffer(), {
    priority: arrival++,
  })
  return { bytes: asBytes(bytes), mediaType: 'image/jpeg' }
}

/** A copy of its own memory: what crosses to the window must not be shared. */
const asBytes = (buffer: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(buffer)
