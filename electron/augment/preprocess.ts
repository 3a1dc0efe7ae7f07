import { readFile } from 'node:fs/promises'
import type { Sharp } from 'sharp'
import { openPhoto, readHeader } from '../dataset/decode.ts'
import type { InputSize } from '../dataset/decoder-protocol.ts'
import { ensureWhole } from '../dataset/whole-file.ts'
import { centralBox, type Box, type Pixels } from './pixels.ts'
import { resamplePixels } from './resample.ts'

/** Pixels, after orientation. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** A photo that can be looked at in several ways; nothing of it is decoded yet. */
export interface SizedPhoto extends Size {
  open(): Sharp
}

/** @throws what sharp or the file system throw; `unreadableReason` has the words */
export async function openSized(path: string): Promise<SizedPhoto> {
  // Read once: the header and the pixels come from the same bytes, even when the file is replaced in between.
  const bytes = await readFile(path)
  const header = await readHeader(bytes)
  await ensureWhole(bytes, header)
  return { ...header.autoOrient, open: () => openPhoto(bytes, header) }
}

/** A photo's size when its shorter side becomes `shorter`; the longer one is rounded down, as timm does. */
export function resizedSize({ width, height }: Size, shorter: number): Size {
  return width <= height
    ? { width: shorter, height: Math.floor((shorter * height) / width) }
    : { width: Math.floor((shorter * width) / height), height: shorter }
}

/**
 * The plain view of a photo: shorter side to `resizeTo` by antialiased bicubic interpolation, then the central square.
 * Validation, features, field photos and every other use without augmentation go through here.
 */
export async function plainView(photo: SizedPhoto, { imageSize, resizeTo }: InputSize): Promise<Pixels> {
  const size = resizedSize(photo, resizeTo)
  if (size.width <= photo.width && size.height <= photo.height) {
    return decode(shrink(photo.open(), size).extract(centralBox(size, imageSize, imageSize)))
  }
  // libvips enlarges about another centre than Pillow and PyTorch, by up to half a pixel of the photo. Ours does not.
  const whole = await decode(photo.open().extract(reachedBy(photo)))
  const enlarged = resizedSize(whole, resizeTo)
  return resamplePixels(whole, enlarged, centralBox(enlarged, imageSize, imageSize))
}

/** The whole photo with its shorter side at most `shorter` pixels long; never enlarged. */
export async function shrunkPhoto(photo: SizedPhoto, shorter: number): Promise<Pixels> {
  if (Math.min(photo.width, photo.height) <= shorter) return decode(photo.open())
  return decode(shrink(photo.open(), resizedSize(photo, shorter)))
}

const shrink = (photo: Sharp, size: Size): Sharp => photo.resize({ ...size, fit: 'fill', kernel: 'cubic' })

/** The middle of a very long photo: the central square needs no more, and enlarging the rest would take much memory. */
function reachedBy({ width, height }: Size): Box {
  const longest = 4 * Math.min(width, height)
  return centralBox({ width, height }, Math.min(width, longest), Math.min(height, longest))
}

async function decode(photo: Sharp): Promise<Pixels> {
  const { data, info } = await photo.raw().toBuffer({ resolveWithObject: true })
  if (info.channels !== 3) throw new Error(`A decoded photo has 3 channels, not ${info.channels}.`)
  return { data, width: info.width, height: info.height }
}
