import type { Metadata } from 'sharp'
import { openPhoto } from './decode.ts'

/**
 * Fails on a file that breaks off, however little is missing. Who decodes a part of a photo would not notice, and the
 * same photo must not be readable here and unreadable there. To look at the end costs nothing, to decode a thousand
 * photos costs a minute: only what does not end as its format does is decoded to find out.
 *
 * @param source bytes of the file; or the path of one that is too large to be held, which is always decoded
 * @throws what sharp throws; `unreadableReason` has the words
 */
export async function ensureWhole(source: string | Buffer, header: Metadata): Promise<void> {
  if (typeof source !== 'string' && endsAsItShould(source, header.format)) return
  await openPhoto(source, header).resize(16, 16, { fit: 'fill' }).raw().toBuffer()
}

/** Whether a file ends with the marker of its format. */
function endsAsItShould(bytes: Buffer, format: Metadata['format']): boolean {
  switch (format) {
    case 'jpeg':
      return bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9
    case 'png':
      return bytes.toString('latin1', bytes.length - 8, bytes.length - 4) === 'IEND'
    case 'gif':
      return bytes.at(-1) === 0x3b
    case 'webp':
      return bytes.readUInt32LE(4) + 8 <= bytes.length
    default:
      return false
  }
}
