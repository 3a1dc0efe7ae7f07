import { describe, expect, test } from 'vitest'
import { describeShared, readShared } from '../testing.ts'
import { stream } from './stream.ts'
import type { DrawIdentity } from './stream.ts'

const draws = 100_000
const identity: DrawIdentity = { seed: 7, epoch: 2, step: 3, photo: 11, purpose: 'test' }

/** Mean and variance, and the errors to allow: six standard errors. */
function moments(values: ArrayLike<number>) {
  const list = Array.from(values)
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length
  const power = (k: number) => list.reduce((sum, value) => sum + (value - mean) ** k, 0) / list.length
  const variance = power(2)
  return {
    mean,
    variance,
    meanError: 6 * Math.sqrt(variance / list.length),
    varianceError: 6 * Math.sqrt((power(4) - variance ** 2) / list.length),
  }
}

function expectMoments(values: ArrayLike<number>, mean: number, variance: number) {
  const found = moments(values)
  expect(Math.abs(found.mean - mean)).toBeLessThan(found.meanError)
  expect(Math.abs(found.variance - variance)).toBeLessThan(found.varianceError)
}

const sample = (length: number, draw: () => number) => Float64Array.from({ length }, draw)

const first = (other: Partial<DrawIdentity>) => {
  const draw = stream({ ...identity, ...other })
  return Array.from({ length: 6 }, () => draw.bits())
}

describe('identity', () => {
  test('the same identity gives the same draws, whatever was drawn before', () => {
    const busy = stream({ ...identity, purpose: 'other' })
    sample(1000, () => busy.normal())
    expect(first({})).toEqual(first({}))
  })

  test('these draws are part of the file format of checkpoints: they may never change', () => {
    expect(first({})).toMatchInlineSnapshot(`
      [
        1418124084,
        2487210217,
        740258444,
        1535526232,
        2847942391,
        3284459908,
      ]
    `)
  })

  test('every part of the identity matters', () => {
    const variants: Partial<DrawIdentity>[] = [
      {},
      { seed: 8 },
      { seed: 7 + 2 ** 32 },
      { epoch: 3 },
      { step: 2 },
      { photo: 12 },
      { photo: 'a7' },
      { photo: 'a8' },
      { purpose: 'tesu' },
    ]
    expect(new Set(variants.map((variant) => first(variant).join())).size).toBe(variants.length)
  })

  test('streams of neighbouring identities are uncorrelated', () => {
    const values = Array.from({ length: 20_000 }, (_, photo) => stream({ ...identity, photo }).uniform() - 0.5)
    const products = values.slice(1).map((value, index) => value * (values[index] as number))
    expectMoments(products, 0, 1 / 144)
  })

  test('numbers that are no whole words are refused', () => {
    expect(() => stream({ seed: -1, purpose: 'x' })).toThrow('seed')
    expect(() => stream({ seed: 0.5, purpose: 'x' })).toThrow('seed')
    expect(() => stream({ seed: 1, step: 2 ** 32, purpose: 'x' })).toThrow('step')
  })
})

describe('distributions', () => {
  test('uniform', () => {
    const draw = stream(identity)
    const values = sample(draws, () => draw.uniform())
    expectMoments(values, 1 / 2, 1 / 12)
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true)
    const counts = Array.from({ length: 100 }, () => 0)
    for (const value of values) counts[Math.floor(value * 100)]!++
    const chiSquare = counts.reduce((sum, count) => sum + (count - draws / 100) ** 2 / (draws / 100), 0)
    // Quantiles 0.0001 and 0.9999 of chi-square with 99 degrees of freedom.
    expect(chiSquare).toBeGreaterThan(53)
    expect(chiSquare).toBeLessThan(161)
    expectMoments(stream({ ...identity, purpose: 'bulk' }).fillUniform(new Float32Array(draws)), 1 / 2, 1 / 12)
  })

  test('masks', () => {
    const mask = stream(identity).fillMask(new Float32Array(draws), 0.8)
    expectMoments(mask, 0.8, 0.16)
    expect(new Set(mask)).toEqual(new Set([0, 1]))
    expect(stream(identity).fillMask(new Float32Array(100), 1)).toEqual(new Float32Array(100).fill(1))
    expect(stream(identity).fillMask(new Float32Array(100), 0)).toEqual(new Float32Array(100))
  })

  test('whole numbers are fair where a remainder would not be', () => {
    const draw = stream(identity)
    const bound = 3 * 2 ** 30
    const values = sample(draws, () => draw.integer(bound))
    // With a plain remainder half of the values would lie in the lowest third.
    expectMoments(
      values.map((value) => (value < 2 ** 30 ? 1 : 0)),
      1 / 3,
      2 / 9,
    )
    expect(new Set(sample(200, () => draw.integer(5)))).toEqual(new Set([0, 1, 2, 3, 4]))
    expect(draw.integer(1)).toBe(0)
    expect(() => draw.integer(0)).toThrow('bound')
  })

  test('permutations', () => {
    const orders = new Map<string, number>()
    for (let epoch = 0; epoch < 24_000; epoch++) {
      const order = stream({ ...identity, epoch }).permutation(4)
      orders.set(order.join(), (orders.get(order.join()) ?? 0) + 1)
    }
    expect(orders.size).toBe(24)
    for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(200)
    const long = stream(identity).permutation(5000)
    expect([...long].sort((a, b) => a - b)).toEqual(Array.from({ length: 5000 }, (_, index) => index))
    expect(stream(identity).permutation(0)).toHaveLength(0)
  })

  test('normal', () => {
    const draw = stream(identity)
    const values = sample(draws, () => draw.normal(3, 2))
    expectMoments(values, 3, 4)
    const within = values.filter((value) => Math.abs(value - 3) < 2).length / draws
    expect(Math.abs(within - 0.6826894921)).toBeLessThan(0.01)
  })

  test.each([
    [0, 1, -2, 2],
    [0, 0.02, -2, 2],
    [0, 1, -0.3, 0.5],
    [0, 1, 0.01, 30],
    [0, 1, 3, 9],
    [0, 1, -7, -5],
    [0, 1, 4, 4.1],
    [10, 2, 3, 8],
  ])('normal of mean %d and deviation %d truncated to [%d, %d]', (mean, deviation, low, high) => {
    // The truth by the trapezium rule on the density.
    const steps = 200_000
    const from = Math.max(low, mean - 10 * deviation)
    const to = Math.min(high, mean + 10 * deviation)
    let [mass, sum, squares] = [0, 0, 0]
    for (let index = 0; index <= steps; index++) {
      const x = from + ((to - from) * index) / steps
      const density = Math.exp(-(((x - mean) / deviation) ** 2) / 2) * (index === 0 || index === steps ? 0.5 : 1)
      mass += density
      sum += density * x
      squares += density * x * x
    }
    const draw = stream(identity)
    const values = sample(draws / 2, () => draw.truncatedNormal(mean, deviation, low, high))
    expect(values.every((value) => value >= low && value <= high)).toBe(true)
    expectMoments(values, sum / mass, squares / mass - (sum / mass) ** 2)
  })

  test('beta has the moments of its definition', () => {
    for (const [alpha, beta] of [
      [2, 5],
      [0.3, 1.7],
      [0.01, 0.01],
    ] as const) {
      const draw = stream(identity)
      const sum = alpha + beta
      expectMoments(
        sample(draws, () => draw.beta(alpha, beta)),
        alpha / sum,
        (alpha * beta) / (sum * sum * (sum + 1)),
      )
    }
  })
})

interface BetaCase {
  alpha: number
  mean: number
  variance: number
  fourthCentralMoment: number
  quantiles: Record<string, number>
}

describeShared('beta', 'oracle/augment.json', () => {
  test.each(readShared<{ beta: BetaCase[] }>('oracle/augment.json').beta)(
    'alpha $alpha',
    ({ alpha, mean, variance, fourthCentralMoment, quantiles }) => {
      const draw = stream(identity)
      const values = sample(draws, () => draw.beta(alpha, alpha))
      const found = moments(values)
      const varianceError = 6 * Math.sqrt((fourthCentralMoment - variance ** 2) / draws)
      expect(Math.abs(found.mean - mean)).toBeLessThan(6 * Math.sqrt(variance / draws))
      expect(Math.abs(found.variance - variance)).toBeLessThan(varianceError)
      for (const [level, quantile] of Object.entries(quantiles)) {
        const below = values.filter((value) => value <= quantile).length / draws
        expect(Math.abs(below - Number(level))).toBeLessThan(0.01)
      }
    },
  )
})
