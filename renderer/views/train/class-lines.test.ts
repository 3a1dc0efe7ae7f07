import { describe, expect, it } from 'vitest'
import type { EpochDetail } from '../../../shared/epoch-detail.ts'
import { classLines, leastFoundFirst, leastFoundSentence, sharePath, thinned } from './class-lines.ts'

const classes = ['Daisy', 'Rose', 'Tulip', 'Lily'].map((name) => ({ id: name.toLowerCase(), name }))
const detail = (epoch: number, found: number[], mistakenFor: (number | null)[] = [null, 2, 1, null]): EpochDetail => ({
  epoch,
  photos: [10, 10, 5, 0],
  found,
  mistakenFor,
  watched: [],
})

describe('how well each class is found', () => {
  it('is a line per class, least found first when there are many', () => {
    const lines = classLines(classes, [detail(1, [2, 3, 0, 0]), detail(2, [9, 4, 3, 0])])
    expect(lines.map(({ name, recall }) => [name, recall])).toEqual([
      ['Daisy', 0.9],
      ['Rose', 0.4],
      ['Tulip', 0.6],
      ['Lily', null],
    ])
    expect(lines[1]).toMatchObject({ found: 4, photos: 10, points: [0.3, 0.4] })
    expect(leastFoundFirst(lines).map(({ name }) => name)).toEqual(['Rose', 'Tulip', 'Daisy', 'Lily'])
    expect(classLines(classes, [])).toEqual([])
  })

  it('is summed up in a sentence', () => {
    expect(leastFoundSentence(classes, detail(1, [9, 4, 3, 0]))).toBe(
      'Rose is found least; it is most often called Tulip.',
    )
    expect(leastFoundSentence(classes, detail(1, [10, 10, 5, 0]))).toBeNull()
  })

  it('is drawn through the epochs, with a gap where nothing was measured', () => {
    expect(sharePath([0, 0.5, 1], 10, 8)).toBe('M0.0 8.0L5.0 4.0L10.0 0.0')
    expect(sharePath([0, null, 1, 0], 9, 8)).toBe('M0.0 8.0M6.0 0.0L9.0 8.0')
    expect(thinned([1, 2, 3], 5)).toEqual([1, 2, 3])
    expect(thinned([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 3)).toEqual([0, 5, 10])
  })
})
