import { open, stat } from 'node:fs/promises'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { kindOf, photoFormats } from './photo-files.ts'

// A photo that is replaced on disk must not come out of libvips' memory, which knows it by its path.
sharp.cache(false)

/** Pixels of the largest photo that is opened: 16,383 squared, libvips' usual limit. */
export const pixelLimit = 0x3fff ** 2

/**
 * Opens a photo the way all of Fleuron sees it: thumbnails, training and classification alike. EXIF orientation applied
 * once, sRGB by the embedded profile (CMYK and Lab too), 8 bits, 3 channels, transparency on white, the first picture of
 * an animation. Nothing is read yet; a file that breaks off fails instead of ending in grey.
 *
 * @param source a path, or the bytes of a file
 * @param header what `readHeader` found in it
 * @returns a pipeline to resize and take bytes from; its failure goes to `unreadableReason`
 */
export function openPhoto(source: string | Buffer, header: Pick<Metadata, 'space' | 'hasProfile'>): Sharp {
  const photo = sharp(source, { failOn: 'truncated', limitInputPixels: pixelLimit })
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
  // sharp brings 16-bit photos with a profile into Display P3 and leaves them there: their colours would come out pale.
  const inDisplayP3 = header.space === 'rgb16' && header.hasProfile
  return inDisplayP3 ? photo.withIccProfile('srgb', { attach: false }) : photo
}

/** Thrown for what sharp can open but is no photograph, e.g. a drawing named .jpg. */
class NotAPhoto extends Error {}

/**
 * What stands at the head of a photo; its pixels are not decoded.
 *
 * @throws when it is none; `unreadableReason` has the words
 */
export async function readHeader(source: string | Buffer): Promise<Metadata> {
  const metadata = await sharp(source, { failOn: 'truncated', limitInputPixels: pixelLimit }).metadata()
  if (!photoFormats.has(metadata.format)) throw new NotAPhoto(metadata.format)
  if (metadata.width * metadata.height > pixelLimit) throw new Error('Input image exceeds pixel limit')
  return metadata
}

const again = 'copy it again from where it came from, or exclude it'
const megapixels = (pixels: number): string => Math.round(pixels / 1e6).toLocaleString('en')

/** Why a photo could not be opened, in one sentence with the remedy. `error` is what sharp or the file system threw. */
export async function unreadableReason(error: unknown, path: string): Promise<string> {
  let size: number
  let head: Buffer
  try {
    size = (await stat(path)).size
    head = await bytesAt(path, 0)
  } catch (cause) {
    return accessReason(cause)
  }
  if (size === 0) return `The file is empty (0 bytes); ${again}.`
  const message = error instanceof Error ? error.message : String(error)
  if (/pixel limit/i.test(message)) return tooLarge(path)
  if (!(await isPhoto(path))) {
    const kind = kindOf(head)
    if (kind?.picture) return `The file is ${kind.kind}, which Fleuron cannot open; save it as JPEG or PNG first.`
    if (kind) return `The file is ${kind.kind} and not a photo, whatever its name says; remove or exclude it.`
  }
  const share = await shareThere(path, head, size)
  if (share !== null) return `The file breaks off, only about ${share} % of it is there; ${again}.`
  if (
    endsBeforeDirectory(head, size) ||
    (await lacksLastChunk(path, head, size)) ||
    /premature end|unexpected end|end of file|bad seek|outside of file/i.test(message)
  ) {
    return `The file breaks off before its end; ${again}.`
  }
  return `The file is damaged and cannot be decoded; ${again}.`
}

async function isPhoto(path: string): Promise<boolean> {
  try {
    return photoFormats.has((await sharp(path).metadata()).format)
  } catch {
    return false
  }
}

function accessReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'The file is gone; put it back or exclude the photo.'
  if (code === 'EACCES' || code === 'EPERM') {
    return 'Your account may not read this file; change its permissions, or exclude the photo.'
  }
  return `The file cannot be read from its disk (${String(code) || 'unknown error'}); check the disk, then look at the folder again.`
}

async function bytesAt(path: string, position: number): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, position)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

async function tooLarge(path: string): Promise<string> {
  const { width, height } = await sharp(path, { limitInputPixels: false }).metadata()
  return `The picture is too large (${megapixels(width * height)} megapixels, Fleuron opens up to ${megapixels(pixelLimit)}); save a smaller copy of it.`
}

/** Percent of a broken-off file that is there, where that can be told; null where it cannot. */
async function shareThere(path: string, head: Buffer, size: number): Promise<number | null> {
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.length >= 12) {
    const whole = head.readUInt32LE(4) + 8
    return size < whole ? percent(size / whole) : null
  }
  const rows = await decodedRows(path)
  return rows === null || rows > 0.99 ? null : percent(rows)
}

/** A PNG ends with a chunk of 12 bytes that says so; what its decoder says of one that does not changes from time to time. */
async function lacksLastChunk(path: string, head: Buffer, size: number): Promise<boolean> {
  if (head.toString('latin1', 1, 4) !== 'PNG') return false
  return (await bytesAt(path, Math.max(0, size - 12))).indexOf('IEND') === -1
}

/** A TIFF begins with the address of its directory, which often stands last. */
function endsBeforeDirectory(head: Buffer, size: number): boolean {
  const order = head.toString('latin1', 0, 4)
  if (order === 'II*\0') return head.readUInt32LE(4) >= size
  return order === 'MM\0*' && head.readUInt32BE(4) >= size
}

const percent = (share: number): number => Math.min(99, Math.max(1, Math.round(share * 100)))

/** Share of a picture's rows above the even filling that a decoder puts where the data end. */
async function decodedRows(path: string): Promise<number | null> {
  const width = 64
  const height = 256
  const decoded = await sharp(path, { failOn: 'none', limitInputPixels: pixelLimit })
    .removeAlpha()
    .toColourspace('srgb')
    .resize(width, height, { fit: 'fill', kernel: 'nearest', fastShrinkOnLoad: false })
    .raw()
    .toBuffer()
    .catch(() => null)
  if (decoded === null) return null
  const rowBytes = decoded.length / height
  const last = decoded.subarray(decoded.length - rowBytes)
  // A filling is one colour from edge to edge; the last rows of a photo are not.
  for (let index = 3; index < rowBytes; index++) if (last[index] !== last[index - 3]) return null
  let row = height - 1
  while (row > 0 && decoded.subarray((row - 1) * rowBytes, row * rowBytes).equals(last)) row--
  return row / height
}
