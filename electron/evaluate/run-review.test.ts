import { expect, test } from 'vitest'
import type { Photo } from '../../shared/photo.ts'
import { evaluateRun, reviewPhotos } from './run-review.ts'

const run = {
  id: 'run',
  classes: [
    { id: 'r', name: 'Rose' },
    { id: 't', name: 'Tulip' },
  ],
}
const photo = (id: string, classId: string | null, excluded = false): Photo => ({
  id,
  name: `${id}.jpg`,
  path: `${id}.jpg`,
  classId,
  split: 'validation',
  excluded,
  flagged: false,
  foundRight: false,
  unreadable: null,
  width: 1,
  height: 1,
})
const predictions = [
  { photo: 'a', label: 'r', probabilities: [0.9, 0.1] },
  { photo: 'b', label: 't', probabilities: [0.6, 0.4] },
  { photo: 'c', label: 't', probabilities: [0.8, 0.2] },
  { photo: 'd', label: 't', probabilities: [0.5, 0.5] },
  { photo: 'e', label: 'r', probabilities: [0.25, 0.75] },
]

test('counts, shares and loss of a run', () => {
  const evaluation = evaluateRun(run, 'validation', predictions)
  // By hand: a is right; b, c and d (a tie goes to the first class) are tulips called rose; e is a rose called tulip.
  expect(evaluation.confusion).toEqual([
    [1, 1],
    [3, 0],
  ])
  expect(evaluation).toMatchObject({ photos: 5, correct: 1, accuracy: 0.2 })
  expect(evaluation.perClass[0]).toEqual({ id: 'r', name: 'Rose', precision: 0.25, recall: 0.5, f1: 1 / 3, support: 2 })
  const logarithms = [0.9, 0.4, 0.2, 0.5, 0.25].map(Math.log)
  expect(evaluation.loss).toBeCloseTo(-logarithms.reduce((sum, value) => sum + value) / 5, 12)
})

test('a cell opens its photos, most confident first, and says what has become of them', () => {
  const photos = [photo('a', 'r'), photo('b', 'r'), photo('c', 't', true), photo('d', null), photo('e', 'r')]
  const cell = reviewPhotos(run, predictions, photos, { trueClass: 't', predictedClass: 'r' })
  expect(cell.map(({ id, currentClass, excluded }) => [id, currentClass, excluded])).toEqual([
    ['c', 't', true],
    ['b', 'r', false],
    ['d', null, false],
  ])
  expect(reviewPhotos(run, predictions, photos).map(({ id }) => id)).toEqual(['c', 'e', 'b', 'd'])
})

test('a run without photos of a split has an empty report, not a broken one', () => {
  expect(evaluateRun(run, 'test', [])).toMatchObject({
    photos: 0,
    accuracy: 0,
    loss: 0,
    confusion: [
      [0, 0],
      [0, 0],
    ],
  })
})

test('a class without photos has no figures, not bad ones', () => {
  const { perClass } = evaluateRun(run, 'validation', predictions.slice(1, 4))
  expect(perClass).toEqual([
    { id: 'r', name: 'Rose', precision: null, recall: null, f1: null, support: 0 },
    { id: 't', name: 'Tulip', precision: 0, recall: 0, f1: 0, support: 3 },
  ])
})
