import { describe, expect, it } from 'vitest'
import type { FieldSession } from '../../../shared/prediction.ts'
import { doneSentence, fasterSentence, firstPlace, stepPlace } from './field-words.ts'

const counts = { known: 151, unsure: 0, unknown: 54 }
const session: FieldSession = {
  id: 's',
  run: 'r',
  precision: 'fp32',
  title: 'Walk',
  state: 'finished',
  photos: 208,
  done: 208,
  counts,
  unreadable: [],
  seconds: 4.21,
  rejector: '',
}

describe('a session in words', () => {
  it('counts what was decided', () => {
    expect(doneSentence(session)).toBe('205 of 208 photos classified in 4.2\u00a0s; the photos were only read')
    expect(doneSentence({ ...session, state: 'running', done: 12 })).toBe('12 of 208 photos so far')
    expect(doneSentence({ ...session, state: 'cancelled' })).toBe('It was stopped; 205 of 208 photos are classified')
  })
})

describe('moving among the columns', () => {
  it('steps within a column', () => {
    expect(stepPlace({ decision: 'known', index: 3 }, 2, counts)).toEqual({ decision: 'known', index: 5 })
    expect(stepPlace({ decision: 'known', index: 150 }, 2, counts)).toEqual({ decision: 'known', index: 150 })
    expect(stepPlace({ decision: 'known', index: 1 }, -2, counts)).toEqual({ decision: 'known', index: 0 })
  })
  it('goes on in the next column that has photos, and back', () => {
    expect(stepPlace({ decision: 'known', index: 150 }, 1, counts)).toEqual({ decision: 'unknown', index: 0 })
    expect(stepPlace({ decision: 'unknown', index: 0 }, -1, counts)).toEqual({ decision: 'known', index: 150 })
    expect(stepPlace({ decision: 'unknown', index: 53 }, 1, counts)).toEqual({ decision: 'unknown', index: 53 })
  })
  it('begins with what is unsure', () => {
    expect(firstPlace({ ...counts, unsure: 2 })).toEqual({ decision: 'unsure', index: 0 })
    expect(firstPlace(counts)).toEqual({ decision: 'known', index: 0 })
    expect(firstPlace({ known: 0, unsure: 0, unknown: 0 })).toBeNull()
  })
})

it('says what the faster form of a model costs', () => {
  const faster = { speed: 2.58, photos: 225, accuracy: 0.938, fullAccuracy: 0.94 }
  expect(fasterSentence(faster)).toBe('2.6× as fast, 0.2 points less on your validation photos')
  expect(fasterSentence({ ...faster, accuracy: 0.94 })).toBe('2.6× as fast, as accurate on your validation photos')
  expect(fasterSentence({ ...faster, accuracy: 0.95 })).toBe('2.6× as fast, 1.0 point more on your validation photos')
})
