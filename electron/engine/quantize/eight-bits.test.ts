import { expect, test } from 'vitest'
import { stream } from '../random/index.ts'
import { byteScale, byteWeights, leastScales } from './eight-bits.ts'
import { Histogram } from './histogram.ts'

test('bytes stand for the whole range, and for zero exactly', () => {
  for (const [low, high] of [
    [0, 6],
    [-1, 1],
    [-3.7, 0.2],
    [0, 0],
  ] as const) {
    const { scale, zeroPoint } = byteScale({ low, high })
    expect(Number.isInteger(zeroPoint)).toBe(true)
    for (const value of [low, high, 0, (low + high) / 2]) {
      const byte = Math.min(255, Math.max(0, Math.round(value / scale) + zeroPoint))
      expect(Math.abs((byte - zeroPoint) * scale - value)).toBeLessThanOrEqual(value === 0 ? 0 : scale * 1.01)
    }
  }
})

test.each([7, 8] as const)('weights of %i bits are rounded channel by channel', (bits) => {
  const draw = stream({ seed: 1, purpose: 'weights' })
  const shape = [4, 3, 3, 3]
  const data = Float32Array.from({ length: 108 }, (_, index) => draw.normal() * 10 ** Math.floor(index / 27))
  for (const axis of [0, 1]) {
    const { data: bytes, scales } = byteWeights({ shape, data }, axis, bits)
    const channelOf = (index: number) => (axis === 0 ? Math.floor(index / 27) : Math.floor(index / 9) % 3)
    expect(scales).toHaveLength(shape[axis]!)
    bytes.forEach((byte, index) => {
      expect(Math.abs(byte)).toBeLessThanOrEqual(bits === 8 ? 127 : 63)
      const scale = scales[channelOf(index)]!
      expect(Math.abs(byte * scale - data[index]!)).toBeLessThanOrEqual(scale * 0.501)
    })
  }
})

test('a large bias of a channel with small weights still fits into 32 bits', () => {
  const bias = Float32Array.of(1000, 0)
  const weights = { shape: [2, 1, 1, 1], data: Float32Array.of(1e-9, 0) }
  const { scales } = byteWeights(weights, 0, 8, leastScales(bias, 0.01))
  expect(1000 / (scales[0]! * 0.01)).toBeLessThan(2 ** 31)
  // A channel of zeros has some scale.
  expect(scales[1]).toBe(1)
})

test('a histogram finds the ends, and the ends of the bulk', () => {
  const histogram = new Histogram()
  const draw = stream({ seed: 2, purpose: 'values' })
  const values = Float32Array.from({ length: 200_000 }, () => draw.uniform())
  histogram.add(values)
  expect(histogram.noise).toBeLessThan(1e-4)
  histogram.add(Float32Array.of(-0.5, 80, 0))
  const [all, bulk] = [histogram.range('all'), histogram.range('percentile')]
  expect(all).toEqual({ low: -0.5, high: 80 })
  expect(bulk.low).toBeCloseTo(0, 1)
  expect(bulk.high).toBeGreaterThan(0.99)
  expect(bulk.high).toBeLessThan(1.1)
  // Rounding to steps of 80 / 255, relative to a mean square of 1/3.
  expect(histogram.noise).toBeCloseTo((80.5 / 255) ** 2 / 12 / (1 / 3), 3)
})

test('nothing but zeros is a range of its own', () => {
  const histogram = new Histogram()
  histogram.add(new Float32Array(100))
  expect(histogram.range('percentile')).toEqual({ low: 0, high: 0 })
  expect(histogram.noise).toBe(0)
})
