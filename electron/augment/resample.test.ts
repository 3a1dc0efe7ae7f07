import { describe, expect, test } from 'vitest'
import { centralBox, writePlanes, type Pixels } from './pixels.ts'
import { resample, resamplePixels } from './resample.ts'
import { drawPixels, toSharp } from './testing.ts'

const photo = drawPixels(211, 160, 1)
const upright = { mirror: false, upsideDown: false }

/** Differences from interleaved bytes, in levels of 255. */
function difference(planes: Float32Array, bytes: Uint8Array): { mean: number; most: number } {
  const plane = planes.length / 3
  const differences = Array.from(bytes, (byte, i) =>
    Math.abs((planes[(i % 3) * plane + Math.floor(i / 3)] ?? 0) * 255 - byte),
  )
  return {
    mean: differences.reduce((sum, value) => sum + value, 0) / differences.length,
    most: Math.max(...differences),
  }
}

describe('shrinking is that of libvips', () => {
  test.each([
    [{ left: 0, top: 0, width: 211, height: 160 }, 96],
    [{ left: 13, top: 20, width: 150, height: 131 }, 96],
    [{ left: 60, top: 0, width: 151, height: 160 }, 48],
    [{ left: 5, top: 7, width: 96, height: 96 }, 96],
  ])('%j to %i', async (box, side) => {
    const planes = new Float32Array(3 * side * side)
    resample(photo, box, { width: side, height: side }, upright, planes, 0)
    const reference = await toSharp(photo)
      .extract(box)
      .resize(side, side, { fit: 'fill', kernel: 'cubic' })
      .raw()
      .toBuffer()
    // libvips rounds between its passes and at the end. (From 4:1 on it halves the photo first.)
    const { mean, most } = difference(planes, reference)
    expect(mean).toBeLessThan(0.5)
    expect(most).toBeLessThan(3)
  })
})

describe('enlarging', () => {
  /** The cubic reproduces a straight line, away from the ends. */
  test('keeps a ramp straight and in its place', () => {
    const width = 40
    const data = Uint8Array.from({ length: width * width * 3 }, (_, i) => (Math.floor(i / 3) % width) * 5)
    const side = 100
    const planes = new Float32Array(3 * side * side)
    resample(
      { data, width, height: width },
      { left: 0, top: 0, width, height: width },
      { width: side, height: side },
      upright,
      planes,
      0,
    )
    for (let x = 10; x < side - 10; x++) {
      const truth = (((x + 0.5) * width) / side - 0.5) * 5
      expect((planes[50 * side + x] ?? 0) * 255).toBeCloseTo(truth, 3)
    }
  })

  test('stays within black and white where the cubic overshoots', () => {
    const data = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (Math.floor(i / 3) % 8 < 4 ? 0 : 255))
    const planes = new Float32Array(3 * 32 * 32)
    resample(
      { data, width: 8, height: 8 },
      { left: 0, top: 0, width: 8, height: 8 },
      { width: 32, height: 32 },
      upright,
      planes,
      0,
    )
    expect(Math.min(...planes)).toBe(0)
    expect(Math.max(...planes)).toBe(1)
  })
})

test('a mirrored view is the view in a mirror, written where it was told to', () => {
  const box = { left: 3, top: 5, width: 140, height: 120 }
  const side = 24
  const plain = new Float32Array(3 * side * side)
  const mirrored = new Float32Array(10 + 3 * side * side)
  resample(photo, box, { width: side, height: side }, upright, plain, 0)
  resample(photo, box, { width: side, height: side }, { mirror: true, upsideDown: false }, mirrored, 10)
  for (let i = 0; i < plain.length; i++) {
    const x = i % side
    expect(mirrored[10 + i - x + (side - 1 - x)]).toBe(plain[i])
  }
  expect([...mirrored.subarray(0, 10)]).toEqual(Array(10).fill(0))
})

test('photos of one pixel and lines are no special case', () => {
  for (const [width, height] of [
    [1, 1],
    [1, 50],
    [50, 1],
  ] as const) {
    const flat: Pixels = { data: new Uint8Array(width * height * 3).fill(77), width, height }
    const planes = new Float32Array(3 * 16)
    resample(flat, { left: 0, top: 0, width, height }, { width: 4, height: 4 }, upright, planes, 0)
    for (const value of planes) expect(value * 255).toBeCloseTo(77, 4)
  }
})

test('part of a resized photo, in 8 bits', () => {
  const size = { width: 300, height: 227 }
  const whole = resamplePixels(photo, size, { left: 0, top: 0, ...size })
  const part = resamplePixels(photo, size, { left: 41, top: 9, width: 50, height: 60 })
  for (const [x, y] of [
    [0, 0],
    [49, 59],
    [20, 31],
  ] as const) {
    for (const channel of [0, 1, 2]) {
      expect(part.data[(y * 50 + x) * 3 + channel]).toBe(whole.data[((y + 9) * 300 + x + 41) * 3 + channel])
    }
  }
})

test('planes of interleaved pixels, plain and mirrored', () => {
  const pixels: Pixels = { data: Uint8Array.from([0, 1, 2, 51, 102, 255]), width: 2, height: 1 }
  const planes = new Float32Array(6)
  writePlanes(pixels, false, planes, 0)
  expect([...planes].map((value) => Math.round(value * 255))).toEqual([0, 51, 1, 102, 2, 255])
  writePlanes(pixels, true, planes, 0)
  expect([...planes].map((value) => Math.round(value * 255))).toEqual([51, 0, 102, 1, 255, 2])
})

test('half a pixel of the central box goes to the even side', () => {
  const lefts = [10, 11, 12, 13, 14, 15].map((width) => centralBox({ width, height: 10 }, 10, 10).left)
  expect(lefts).toEqual([0, 0, 1, 2, 2, 2])
})
