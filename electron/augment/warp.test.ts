import { describe, expect, test } from 'vitest'
import { after, mirrored, rotated, scaled, shifted, slantedAndEnlarged, turnedOver } from './homography.ts'
import type { Pixels } from './pixels.ts'
import { resample } from './resample.ts'
import { drawPixels } from './testing.ts'
import { filling, warp } from './warp.ts'

const side = 40
const photo = drawPixels(side, side, 2)
const pixels = scaled(side, side)

function shown(map: Parameters<typeof warp>[1], of: Pixels = photo, size = side): Float32Array {
  const planes = new Float32Array(3 * size * size)
  warp(of, map, size, planes, 0)
  return planes
}
const level = (planes: Float32Array, x: number, y: number, channel: number): number =>
  (planes[channel * side * side + y * side + x] as number) * 255
const original = (x: number, y: number, channel: number): number => photo.data[(y * side + x) * 3 + channel] as number

describe('a map', () => {
  test.each([
    ['nothing', pixels, (x: number, y: number) => [x, y]],
    ['a mirror', after(pixels, mirrored), (x: number, y: number) => [side - 1 - x, y]],
    ['upside down', after(pixels, turnedOver), (x: number, y: number) => [x, side - 1 - y]],
    // A quarter anticlockwise: what was right is at the top.
    ['a quarter turn', after(pixels, rotated(90)), (x: number, y: number) => [side - 1 - y, x]],
    ['five pixels to the right', after(pixels, shifted(5 / side, 0)), (x: number, y: number) => [x - 5, y]],
  ] as const)('of %s shows the pixels themselves', (_, map, from) => {
    const planes = shown(map)
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const [fromX, fromY] = from(x, y) as [number, number]
        for (const channel of [0, 1, 2] as const) {
          const truth = fromX < 0 ? filling[channel] : original(fromX, fromY, channel)
          expect(Math.abs(level(planes, x, y, channel) - truth)).toBeLessThan(0.01)
        }
      }
    }
  })

  test('of several transforms is done in their order', () => {
    // Moved to the right and then turned a quarter anticlockwise: the filling is at the bottom.
    const planes = shown(after(pixels, after(shifted(0.25, 0), rotated(90))))
    expect(level(planes, 20, side - 1, 0)).toBeCloseTo(filling[0], 3)
    expect(level(planes, side - 1, 20, 0)).not.toBeCloseTo(filling[0], 0)
  })

  test('slanted and enlarged by nothing is nothing, and its scale enlarges', () => {
    slantedAndEnlarged(0, 0, 1).forEach((value, i) => expect(value).toBeCloseTo(scaled(1, 1)[i] as number))
    const planes = shown(after(pixels, slantedAndEnlarged(0, 0, 0.5)))
    expect(level(planes, 9, 20, 1)).toBeCloseTo(filling[1], 3)
    expect(level(planes, 10, 20, 1)).not.toBeCloseTo(filling[1], 1)
  })
})

test('fine patterns become grey when shrunk', () => {
  const data = Uint8Array.from({ length: 96 * 96 * 3 }, (_, i) =>
    (Math.floor(i / 3) + Math.floor(i / 288)) % 2 ? 255 : 0,
  )
  const planes = shown(after(scaled(96, 96), rotated(10)), { data, width: 96, height: 96 })
  for (let y = 10; y < 30; y++) {
    for (let x = 10; x < 30; x++) expect(Math.abs(level(planes, x, y, 0) - 127.5)).toBeLessThan(20)
  }
})

test('shrinks much as the antialiased filter does', () => {
  const large = drawPixels(100, 100, 5)
  const box = { left: 0, top: 0, width: 100, height: 100 }
  const filtered = new Float32Array(3 * side * side)
  resample(large, box, { width: side, height: side }, { mirror: false, upsideDown: false }, filtered, 0)
  const planes = shown(scaled(100, 100), large)
  const mean = planes.reduce((sum, value, i) => sum + Math.abs(value - (filtered[i] as number)), 0) / planes.length
  expect(mean * 255).toBeLessThan(6)
})
