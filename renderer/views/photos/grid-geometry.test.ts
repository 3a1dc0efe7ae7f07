import { expect, test } from 'vitest'
import { gap, geometry, tierFor } from './grid-geometry.ts'

test.each([
  [1167, 156],
  [1807, 156],
  [1167, 400],
  [300, 400],
  [1167, 88],
])('tiles of about the wished size fill %d px (%d px)', (width, wished) => {
  const { columns, tile, pitch } = geometry(width, wished)
  const used = columns * tile + (columns - 1) * gap
  expect(used).toBeLessThanOrEqual(width)
  // What remains is less than a pixel for each column.
  expect(width - used).toBeLessThan(columns)
  expect(tile).toBeGreaterThanOrEqual(Math.min(wished, width))
  expect(pitch).toBe(tile + gap)
})

test('before it is laid out there is one column', () => expect(geometry(0, 156).columns).toBe(1))

test('large tiles and dense screens get the larger picture', () => {
  expect(tierFor(166, 1)).toBe('grid')
  expect(tierFor(166, 3)).toBe('preview')
  expect(tierFor(430, 1)).toBe('preview')
})
