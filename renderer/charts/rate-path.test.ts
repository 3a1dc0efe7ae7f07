import { expect, it } from 'vitest'
import { ratePath } from './rate-path.ts'

it('draws the rate between its foot and its top', () => {
  expect(ratePath([0, 2, 1], 0, 100, 10, 20)).toBe('M0.0 20.0 L50.0 10.0 L100.0 15.0')
  expect(ratePath([1], 0, 100, 10, 20)).toBe('')
  expect(ratePath([0, 0], 0, 100, 10, 20)).toBe('')
})
