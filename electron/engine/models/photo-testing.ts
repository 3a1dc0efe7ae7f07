import { join } from 'node:path'
import sharp from 'sharp'
import { sharedFolder } from '../testing.ts'

/** Half of a whole number, as timm rounds it. */
function halfToEven(whole: number): number {
  return whole % 4 === 1 ? (whole - 1) / 2 : Math.round(whole / 2)
}

/** Red, green, blue in 0 … 1, [3, height, width]: shorter side resized, or squeezed into a square, then the middle. */
export async function decodePhoto(path: string, options: { shorter?: number; square?: number }): Promise<Float32Array> {
  const [height, width] = [224, 224]
  const source = sharp(join(sharedFolder, 'data', path))
  const size = await source.metadata()
  const { shorter = 0, square } = options
  const scale = shorter / Math.min(size.width, size.height)
  const sides = [size.width, size.height].map((side) => square ?? Math.floor(side * scale + 1e-6))
  const [wide, high] = sides as [number, number]
  const pixels = await source
    .resize(wide, high, { kernel: 'cubic', fit: 'fill', fastShrinkOnLoad: false })
    .extract({ left: halfToEven(wide - width), top: halfToEven(high - height), width, height })
    .removeAlpha()
    .raw()
    .toBuffer()
  const plane = width * height
  return Float32Array.from({ length: 3 * plane }, (_, i) => pixels[(i % plane) * 3 + Math.floor(i / plane)]! / 255)
}
