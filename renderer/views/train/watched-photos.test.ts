import { describe, expect, it } from 'vitest'
import type { EpochDetail } from '../../../shared/epoch-detail.ts'
import { spansText, watchedHistories } from './watched-photos.ts'

const names = ['Daisy', 'Rose', 'Tulip']
/** One photo, a rose, called this in each epoch. */
const called = (...places: number[]): EpochDetail[] =>
  places.map((place, index) => ({
    epoch: index + 1,
    photos: [],
    found: [],
    mistakenFor: [],
    watched: [{ photo: 'p', label: 1, called: place, probability: 0.5 }],
  }))
const text = (...places: number[]) =>
  spansText(watchedHistories(called(...places))[0]?.spans ?? [], (at) => names[at] ?? '')

describe('what a watched photo is called', () => {
  it('is gathered into spans of epochs', () => {
    const [history] = watchedHistories(called(2, 2, 2, 1, 1))
    expect(history?.now).toMatchObject({ photo: 'p', called: 1 })
    expect(history?.spans).toEqual([
      { from: 1, to: 3, called: 2, right: false },
      { from: 4, to: 5, called: 1, right: true },
    ])
    expect(watchedHistories([])).toEqual([])
  })
  it('is said in words', () => {
    expect(text(2, 2, 2, 1)).toBe('Epochs 1 to 3 Tulip, 4 Rose')
    expect(text(0, 1, 0, 1, 0)).toBe('Epochs 2 Rose, 3 Daisy, 4 Rose, 5 Daisy, after changing more often before')
  })
})
