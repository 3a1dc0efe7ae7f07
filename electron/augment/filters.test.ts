import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { blur } from './filters.ts'
import { compress } from './jpeg.ts'
import { interleaved, writePlanes } from './pixels.ts'
import { drawPixels, toSharp } from './testing.ts'

const side = 48
const photo = drawPixels(side, side, 4)
const planesOf = (): Float32Array => {
  const planes = new Float32Array(3 * side * side)
  writePlanes(photo, false, planes, 0)
  return planes
}

describe('blur', () => {
  test.each([0.5, 1.2, 3])('of σ = %d is libvips’', async (sigma) => {
    const planes = planesOf()
    blur(planes, side, sigma)
    const options = { sigma, precision: 'float', minAmplitude: 0.01 } as const
    const reference = await toSharp(photo).blur(options).raw().toBuffer()
    const own = interleaved(planes)
    for (let pixel = 0; pixel < side * side; pixel++) {
      const [x, y] = [pixel % side, Math.floor(pixel / side)]
      // Beyond the edge libvips repeats the outermost pixels, where torchvision and we mirror.
      if (Math.min(x, y, side - 1 - x, side - 1 - y) < 3 * sigma) continue
      for (const channel of [0, 1, 2]) {
        const at = pixel * 3 + channel
        expect(Math.abs((own[at] as number) - (reference[at] as number))).toBeLessThanOrEqual(2)
      }
    }
  })

  test('mirrors at the edge and keeps an even picture even', () => {
    const planes = new Float32Array(3 * 25).fill(0.3)
    blur(planes, 5, 2.5)
    for (const value of planes) expect(value).toBeCloseTo(0.3, 6)

    const line = new Float32Array(3 * 25)
    for (let y = 0; y < 5; y++) line[y * 5] = 1
    blur(line, 5, 0.5)
    const weights = [0, 1, 2].map((x) => Math.exp(-2 * x * x))
    const sum = (weights[0] as number) + 2 * (weights[1] as number) + 2 * (weights[2] as number)
    // The first column is its own and nobody else's mirror image.
    expect(line[10]).toBeCloseTo((weights[0] as number) / sum, 4)
    expect(line[11]).toBeCloseTo((weights[1] as number) / sum, 4)
  })
})

test('compression is libjpeg’s', async () => {
  const planes = planesOf()
  await compress(planes, side, 20)
  const reference = await toSharp(photo).jpeg({ quality: 20 }).toBuffer()
  const data = await sharp(reference).raw().toBuffer()
  expect([...interleaved(planes)]).toEqual([...data])
})
