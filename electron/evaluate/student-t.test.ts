import { expect, test } from 'vitest'
import { meanInterval, studentCdf, studentQuantile } from './student-t.ts'

test.each([
  // scipy.stats.t.ppf
  [0.975, 1, 12.706204736174694],
  [0.975, 2, 4.302652729749462],
  [0.975, 4, 2.7764451051977934],
  [0.975, 9, 2.262157162798205],
  [0.95, 30, 1.697260886593957],
  [0.025, 5, -2.5705818356363155],
])('quantile %d with %d degrees of freedom', (level, degrees, expected) => {
  expect(studentQuantile(level, degrees)).toBeCloseTo(expected, 9)
  expect(studentCdf(expected, degrees)).toBeCloseTo(level, 12)
})

test('the interval of a mean', () => {
  // scipy.stats.t.interval(0.95, 2, loc=mean, scale=sem) of 0.70, 0.74, 0.72
  const { mean, interval } = meanInterval([0.7, 0.74, 0.72])
  expect(mean).toBeCloseTo(0.72, 12)
  expect(interval?.[0]).toBeCloseTo(0.6703172457649934, 9)
  expect(interval?.[1]).toBeCloseTo(0.7696827542350068, 9)
  expect(meanInterval([0.7]).interval).toBeNull()
})

test('refuses what is no level and no degrees of freedom', () => {
  expect(() => studentQuantile(1, 3)).toThrow(RangeError)
  expect(() => studentCdf(1, 0)).toThrow(RangeError)
})
