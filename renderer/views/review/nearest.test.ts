import { expect, it } from 'vitest'
import { nearestInNextRow, type Box } from './nearest.ts'

// Two groups: three tiles beside a large one, then two in a row of their own.
const boxes: Box[] = [
  { left: 200, top: 0, width: 100 },
  { left: 300, top: 0, width: 100 },
  { left: 200, top: 100, width: 100 },
  { left: 0, top: 240, width: 100 },
  { left: 100, top: 240.3, width: 100 },
]

it('goes to the nearest tile of the next row', () => {
  expect(nearestInNextRow(boxes, 1, 1)).toBe(2)
  expect(nearestInNextRow(boxes, 2, 1)).toBe(4)
  expect(nearestInNextRow(boxes, 3, -1)).toBe(2)
})
it('stays where there is no row', () => {
  expect(nearestInNextRow(boxes, 0, -1)).toBe(0)
  expect(nearestInNextRow(boxes, 4, 1)).toBe(4)
  expect(nearestInNextRow([], 0, 1)).toBe(0)
})
