import { expect, it } from 'vitest'
import type { EpochMetrics } from '../../../shared/training.ts'
import { gradientText, photosReadyText, rateText } from './computer-words.ts'

const norms = (...values: (number | null)[]) =>
  gradientText(values.map((gradientNorm) => ({ gradientNorm }) as EpochMetrics))

it('says whether the network waits for photos', () => {
  expect(photosReadyText(0.004)).toBe('always')
  expect(photosReadyText(0.124)).toBe('waits 12\u00a0% of the time')
})

it('says how long the gradient is, and whether that changes', () => {
  expect(norms()).toBeNull()
  expect(norms(null, null)).toBeNull()
  expect(norms(2, 1.9)).toBe('1.90')
  expect(norms(2, 2, 2, 2, 1.9, 1.9)).toBe('1.90, steady')
  expect(norms(1, 1, 1, 2, 3, 4)).toBe('4.00, rising')
  expect(norms(4, 3, 2, 1, 1, 1)).toBe('1.00, falling')
})

it('calls a rate at the end of its schedule nothing', () => {
  expect(rateText(1e-9)).toBe('0')
  expect(rateText(0.00081)).toBe('0.00081')
})
