import { expect, test } from 'vitest'
import { stream } from '../engine/random/index.ts'
import { describeShared, readShared } from '../engine/testing.ts'
import { addNoise } from './noise.ts'

interface NoiseCase {
  sigma: number
  value: number
  mean: number
  deviation: number
  shareAtZero: number
  shareAtOne: number
}

const count = 300_000
const noisy = (value: number, sigma: number): Float32Array => {
  const planes = new Float32Array(count).fill(value)
  addNoise(planes, sigma, stream({ seed: 4, epoch: 1, photo: 'a', purpose: 'test' }))
  return planes
}

describeShared('Gaussian noise, clipped as in torchvision', 'oracle/augment.json', () => {
  const cases = readShared<{ gaussianNoise: NoiseCase[] }>('oracle/augment.json').gaussianNoise
  test.each(cases)('$sigma on $value', ({ sigma, value, mean, deviation, shareAtZero, shareAtOne }) => {
    const planes = noisy(value, sigma)
    const ownMean = planes.reduce((sum, each) => sum + each, 0) / count
    const ownVariance = planes.reduce((sum, each) => sum + (each - ownMean) ** 2, 0) / count
    const error = deviation / Math.sqrt(count)
    expect(Math.abs(ownMean - mean)).toBeLessThan(6 * error + 1e-7)
    // The fourth moment of a clipped normal is at most that of a heavy tail; ten errors leave room.
    expect(Math.abs(Math.sqrt(ownVariance) - deviation)).toBeLessThan(10 * error)
    for (const [end, share] of [
      [0, shareAtZero],
      [1, shareAtOne],
    ] as const) {
      const own = planes.filter((each) => each === end).length / count
      expect(Math.abs(own - share)).toBeLessThan(6 * Math.sqrt((share * (1 - share)) / count) + 2e-5)
    }
  })
})

test('neighbours, colours and pictures have noise of their own', () => {
  const planes = noisy(0.5, 0.1).map((value) => (value - 0.5) / 0.1)
  for (const distance of [1, 2, 3, 100, 50_000]) {
    let sum = 0
    for (let i = 0; i + distance < count; i++) sum += (planes[i] as number) * (planes[i + distance] as number)
    expect(Math.abs(sum / (count - distance)), `at ${distance}`).toBeLessThan(6 / Math.sqrt(count))
  }
  const other = new Float32Array(count).fill(0.5)
  addNoise(other, 0.1, stream({ seed: 4, epoch: 2, photo: 'a', purpose: 'test' }))
  expect(other).not.toEqual(noisy(0.5, 0.1))
})

test('tails are those of the normal distribution', () => {
  const planes = noisy(0.5, 0.05).map((value) => (value - 0.5) / 0.05)
  for (const [beyond, share] of [
    [1, 0.317311],
    [2, 0.0455],
    [3, 0.0027],
  ] as const) {
    const own = planes.filter((value) => Math.abs(value) > beyond).length / count
    expect(Math.abs(own - share)).toBeLessThan(6 * Math.sqrt((share * (1 - share)) / count))
  }
})
