import sharp from 'sharp'
import { interleaved, writePlanes } from './pixels.ts'

/** Saved as JPEG of this quality and read again, as libjpeg does it with colours at half the resolution. */
export async function compress(planes: Float32Array, side: number, quality: number): Promise<void> {
  const raw = { width: side, height: side, channels: 3 } as const
  const file = await sharp(interleaved(planes), { raw }).jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer()
  const data = await sharp(file).raw().toBuffer()
  writePlanes({ data, width: side, height: side }, false, planes, 0)
}
