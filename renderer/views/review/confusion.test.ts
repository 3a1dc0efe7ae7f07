import { describe, expect, it } from 'vitest'
import {
  barStart,
  cellText,
  confusedPairs,
  judgementText,
  mistakeSentence,
  mistakeWeight,
  moveInMatrix,
  nextMistake,
  rightNameSentence,
  rowShares,
} from './confusion.ts'

const classes = ['Daisy', 'Dandelion', 'Rose', 'Sunflower', 'Tulip'].map((name) => ({ id: name.toLowerCase(), name }))
// The example figures of the design: 13 mistakes of 193 photos.
const confusion = [
  [40, 1, 0, 0, 0],
  [1, 37, 0, 1, 0],
  [0, 0, 34, 0, 4],
  [0, 1, 0, 38, 0],
  [0, 0, 5, 0, 31],
]

describe('confused pairs', () => {
  it('come from the most to the fewest photos', () => {
    const pairs = confusedPairs(confusion)
    expect(pairs.slice(0, 2)).toEqual([
      { trueIndex: 4, calledIndex: 2, count: 5, share: 5 / 36 },
      { trueIndex: 2, calledIndex: 4, count: 4, share: 4 / 38 },
    ])
    expect(pairs.map((pair) => pair.count)).toEqual([5, 4, 1, 1, 1, 1])
    expect(mistakeWeight(4, pairs)).toBe(0.8)
    expect(mistakeWeight(0, [])).toBe(0)
  })
  it('have shares of the true class, 0 for a class without photos', () => {
    expect(
      rowShares([
        [3, 1],
        [0, 0],
      ]),
    ).toEqual([
      [0.75, 0.25],
      [0, 0],
    ])
  })
})

describe('the sentence of the review', () => {
  it('speaks of a hundred photos only when there are that many', () => {
    expect(rightNameSentence(180, 193)).toBe('93 of 100 photos are called by their right name.')
    expect(rightNameSentence(41, 45)).toBe('41 of 45 photos are called by their right name.')
    expect(rightNameSentence(1, 20)).toBe('1 of 20 photos is called by its right name.')
  })
  it('never rounds to all or to none', () => {
    expect(rightNameSentence(999, 1000)).toBe('99 of 100 photos are called by their right name.')
    expect(rightNameSentence(2, 1000)).toBe('1 of 100 photos is called by its right name.')
    expect(rightNameSentence(45, 45)).toBe('All 45 photos are called by their right name.')
    expect(rightNameSentence(0, 45)).toBe('None of the 45 photos is called by its right name.')
    expect(rightNameSentence(0, 0)).toBe('There are no photos to judge by.')
  })
  it('names the most common mistake', () => {
    expect(mistakeSentence({ classes, confusion })).toBe('Tulip taken for Rose is the most common mistake.')
    expect(
      mistakeSentence({
        classes,
        confusion: [
          [4, 2],
          [2, 4],
        ],
      }),
    ).toBe('Daisy taken for Dandelion is among the most common mistakes.')
    expect(
      mistakeSentence({
        classes,
        confusion: [
          [4, 2],
          [0, 4],
        ],
      }),
    ).toBe('The only mistake is Daisy taken for Dandelion.')
    expect(
      mistakeSentence({
        classes,
        confusion: [
          [4, 1],
          [1, 4],
        ],
      }),
    ).toBe('No mistake was made twice.')
    expect(
      mistakeSentence({
        classes,
        confusion: [
          [4, 0],
          [0, 4],
        ],
      }),
    ).toBe('')
  })
})

it('names a cell', () => {
  expect(cellText({ classes, confusion }, { row: 4, column: 2 })).toBe('5 Tulip called Rose')
  expect(cellText({ classes, confusion }, { row: 0, column: 0 })).toBe('40 Daisy recognised')
  expect(judgementText('Tulip', 'Rose', 0.94)).toBe('Tulip, called Rose with 94\u00a0%')
  expect(judgementText('Daisy', 'Daisy', 0.991)).toBe('Daisy, recognised with 99\u00a0%')
})

describe('moving about', () => {
  const pairs = confusedPairs(confusion)
  it('goes through the mistakes and round again', () => {
    expect(nextMistake(pairs, null, 1)).toEqual({ row: 4, column: 2 })
    expect(nextMistake(pairs, { row: 4, column: 2 }, 1)).toEqual({ row: 2, column: 4 })
    expect(nextMistake(pairs, { row: 4, column: 2 }, -1)).toEqual({
      row: pairs[5]!.trueIndex,
      column: pairs[5]!.calledIndex,
    })
    expect(nextMistake(pairs, { row: 0, column: 0 }, -1)).toEqual({
      row: pairs[5]!.trueIndex,
      column: pairs[5]!.calledIndex,
    })
    expect(nextMistake([], null, 1)).toBeNull()
  })
  it('stays inside the matrix', () => {
    expect(moveInMatrix({ row: 0, column: 0 }, 'ArrowRight', 5)).toEqual({ row: 0, column: 1 })
    expect(moveInMatrix({ row: 0, column: 0 }, 'ArrowUp', 5)).toBeNull()
    expect(moveInMatrix({ row: 2, column: 3 }, 'End', 5)).toEqual({ row: 2, column: 4 })
    expect(moveInMatrix({ row: 2, column: 3 }, 'a', 5)).toBeNull()
  })
})

describe('the bars of the table', () => {
  it('start at a round number below the lowest value', () => {
    expect(barStart([0.976, 0.873])).toBe(0.8)
    expect(barStart([0.84])).toBe(0.7)
    expect(barStart([0.02])).toBe(0)
    expect(barStart([])).toBe(0.9)
  })
})
