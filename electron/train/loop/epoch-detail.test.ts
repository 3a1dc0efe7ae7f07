import { describe, expect, it } from 'vitest'
import { recallOf } from '../../../shared/epoch-detail.ts'
import { matrix } from '../../evaluate/matrix.ts'
import { chooseWatched, detailOf } from './epoch-detail.ts'

/** `counts[label]` photos of every class. */
const photosOf = (...counts: number[]) =>
  counts.flatMap((count, label) => Array.from({ length: count }, (_, index) => ({ id: `${label}-${index}`, label })))
const classesOf = (ids: readonly string[]) => ids.map((id) => Number(id.split('-')[0]))

describe('the photos that are watched', () => {
  it('are spread over the classes, by class', () => {
    const three = classesOf(chooseWatched(photosOf(40, 40, 40), 1))
    expect(three).toEqual([...three].sort())
    const counts = Map.groupBy(three, (label) => label)
    expect([...counts.values()].map((some) => some.length).sort()).toEqual([2, 3, 3])
    // Whoever has few gives what there is.
    expect(classesOf(chooseWatched(photosOf(1, 90), 1))).toEqual([0, 1, 1, 1, 1, 1, 1, 1])
    const many = classesOf(chooseWatched(photosOf(...Array<number>(102).fill(5)), 1))
    expect(new Set(many).size).toBe(8)
  })

  it('follow from the seed', () => {
    const photos = photosOf(40, 40, 40)
    expect(chooseWatched(photos, 7)).toEqual(chooseWatched(photos, 7))
    expect(chooseWatched(photos, 7)).not.toEqual(chooseWatched(photos, 8))
    expect(chooseWatched([], 1)).toEqual([])
    expect(chooseWatched(photosOf(1, 1), 1)).toEqual(['0-0', '1-0'])
  })
})

describe('the detail of an epoch', () => {
  // Five photos of three classes, worked out by hand: one rose is called a tulip, both lilies are, and nothing is a lily.
  const labels = [0, 0, 1, 2, 2]
  const logits = matrix(Float32Array.of(2, 0, 0, 0, 2, 0, 0, 3, 0, 0, 1, 0, 0, 1, 0), 3)
  const photos = ['a', 'b', 'c', 'd', 'e']

  it('counts what was found of every class, and what the rest was taken for', () => {
    const detail = detailOf(4, { logits, labels, photos }, [])
    expect(detail).toEqual({
      epoch: 4,
      photos: [2, 1, 2],
      found: [1, 1, 0],
      mistakenFor: [1, null, 1],
      watched: [],
    })
    expect([0, 1, 2, 3].map((place) => recallOf(detail, place))).toEqual([0.5, 1, 0, null])
  })

  it('says what the watched photos are called, and how surely', () => {
    const { watched } = detailOf(1, { logits, labels, photos }, ['b', 'gone', 'e'])
    expect(watched).toEqual([
      { photo: 'b', label: 0, called: 1, probability: expect.closeTo(Math.E ** 2 / (Math.E ** 2 + 2), 12) },
      { photo: 'e', label: 2, called: 1, probability: expect.closeTo(Math.E / (Math.E + 2), 12) },
    ])
  })
})
