import { describe, expect, test } from 'vitest'
import type { Photo, PhotoFilter, PhotoOrder } from '../../../shared/photo.ts'
import { fromQuery, isNarrowed, matches, toQuery } from './filter-query.ts'

const photo: Photo = {
  id: 'p',
  name: 'Rose_01.JPG',
  path: 'rose/Rose_01.JPG',
  classId: 'c3',
  split: 'train',
  excluded: false,
  flagged: true,
  foundRight: false,
  unreadable: null,
  width: 10,
  height: 10,
}

/** What the browser makes of it: text only. */
const throughAddress = (filter: PhotoFilter, order: PhotoOrder) => {
  const text = new URLSearchParams(
    Object.entries(toQuery(filter, order)).map(([name, value]): [string, string] => [name, String(value)]),
  )
  return fromQuery(Object.fromEntries(new URLSearchParams(text.toString())))
}

describe('the filter in the address', () => {
  test.each<[PhotoFilter, PhotoOrder]>([
    [{}, 'name'],
    [{ classId: 'none' }, 'date'],
    [
      { classId: 'c3', split: 'validation', flagged: true, excluded: false, unreadable: true, text: 'ä & b=c #1' },
      'class',
    ],
  ])('%j by %s comes back as it went', (filter, order) => {
    expect(throughAddress(filter, order)).toEqual({ filter, order })
  })

  test('what makes no sense is left out', () => {
    expect(
      fromQuery({ split: 'north', flagged: 'perhaps', order: 'size', class: ['a', 'b'], text: 'x'.repeat(500) }),
    ).toEqual({
      filter: { classId: 'a' },
      order: 'name',
    })
  })

  test('the plain list has a plain address', () => {
    expect(toQuery({}, 'name')).toEqual({})
    expect(isNarrowed({})).toBe(false)
    expect(isNarrowed({ excluded: false })).toBe(true)
  })
})

describe('whether a photo fits', () => {
  test.each<[PhotoFilter, boolean]>([
    [{}, true],
    [{ classId: 'c3' }, true],
    [{ classId: 'c4' }, false],
    [{ classId: 'none' }, false],
    [{ split: 'test' }, false],
    [{ excluded: false, flagged: true, unreadable: false }, true],
    [{ unreadable: true }, false],
    [{ classId: 'c3', text: 'rose', split: 'train' }, true],
  ])('%j: %s', (filter, fits) => expect(matches(photo, filter)).toBe(fits))

  test('a photo without a class', () => expect(matches({ ...photo, classId: null }, { classId: 'none' })).toBe(true))
})
