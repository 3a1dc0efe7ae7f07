import { describe, expect, test } from 'vitest'
import { stream } from '../engine/index.ts'
import { auroc } from './detection.ts'
import { matrix } from './matrix.ts'
import type { Matrix } from './matrix.ts'
import { decide, fitRejector, rejectorScores } from './rejector.ts'
import type { RejectorOptions } from './rejector.ts'

const dimensions = 8
const classes = 3

/** Photos of classes that stand apart by `distance` along axes of their own. */
function clouds(purpose: string, perClass: number, distance = 6): { features: Matrix; labels: number[] } {
  const draw = stream({ seed: 3, purpose })
  const labels = Array.from({ length: perClass * classes }, (_, index) => index % classes)
  const values = labels.flatMap((label) =>
    Array.from({ length: dimensions }, (_, i) => draw.normal(i === label ? distance : 0, 1 + (i % 3))),
  )
  return { features: matrix(Float32Array.from(values), dimensions), labels }
}

/** The right class has `sure`, the others share the rest; every `wrongEvery`-th photo is wrong and less sure. */
function probabilities(labels: readonly number[], sure: number, wrongEvery = Infinity): Matrix {
  const rows = labels.flatMap((label, index) => {
    const wrong = (index + 1) % wrongEvery === 0
    const top = wrong ? (label + 1) % classes : label
    const most = wrong ? 0.7 : sure
    return Array.from({ length: classes }, (_, column) => (column === top ? most : (1 - most) / (classes - 1)))
  })
  return matrix(Float64Array.from(rows), classes)
}

function fitted(training: number, validation: number, changed: Partial<RejectorOptions> = {}) {
  const [own, held] = [clouds('training', training), clouds('validation', validation)]
  return fitRejector({
    training: own.features,
    trainingLabels: own.labels,
    validation: held.features,
    validationLabels: held.labels,
    validationProbabilities: probabilities(held.labels, 0.95, 10),
    ...changed,
  })
}

describe('with enough photos', () => {
  const rejector = fitted(100, 100)

  test('the stated share of validation photos is kept, and about so many new ones', () => {
    expect(rejector.measures.kept).toBeGreaterThanOrEqual(0.95)
    expect(rejector.measures.kept).toBeLessThan(0.96)
    const scores = rejectorScores(rejector.tensors, clouds('new', 200).features)
    const kept = scores.filter((score) => decide(rejector.thresholds, score, 1) !== 'unknown').length / scores.length
    expect(Math.abs(kept - 0.95)).toBeLessThan(0.04)
    expect(fitted(100, 100, { keep: 0.8 }).measures.kept).toBeCloseTo(0.8, 2)
  })

  test('what lies elsewhere scores lower', () => {
    const known = rejectorScores(rejector.tensors, clouds('new', 100).features)
    const far = rejectorScores(rejector.tensors, clouds('far', 100, -12).features)
    expect(auroc(known, far)).toBeGreaterThan(0.97)
  })

  test('photos are known only where guesses are right often enough', () => {
    expect(rejector.thresholds.knownFrom.probability).toBeCloseTo(0.95, 9)
    expect(rejector.measures.knownRight).toBe(1)
    expect(rejector.thresholds.knownFrom.score).toBeGreaterThan(rejector.thresholds.unknownBelow)
    expect(rejector.sentence).toMatch(/^Kept 95 % of 300 validation photos; sure of 7\d %, 100 % of those right\.$/)
  })

  test('everything about it can be written as JSON but the tensors', () => {
    const { tensors, ...rest } = rejector
    expect(JSON.parse(JSON.stringify(rest))).toEqual(rest)
    expect(tensors.views.map(({ means }) => means.length)).toEqual([classes * dimensions, classes * dimensions])
  })
})

test('three decisions', () => {
  const thresholds = { unknownBelow: -10, knownFrom: { score: -5, probability: 0.8 } }
  expect(decide(thresholds, -10.1, 1)).toBe('unknown')
  expect(decide(thresholds, NaN, 1)).toBe('unknown')
  expect(decide(thresholds, -10, 1)).toBe('unsure')
  expect(decide(thresholds, -5, 0.79)).toBe('unsure')
  expect(decide(thresholds, -5, 0.8)).toBe('known')
})

describe('with few photos', () => {
  test.each([
    [5, 2],
    [5, 0],
    [1, 1],
    [2, 0],
  ])('%d training and %d validation photos a class', (training, validation) => {
    const { tensors, thresholds, measures, sentence } = fitted(training, validation)
    const numbers = [...Object.values(measures), thresholds.unknownBelow, thresholds.knownFrom.score]
    expect(numbers.every(Number.isFinite)).toBe(true)
    expect(tensors.views.flatMap(({ whitening, means }) => [...whitening, ...means]).every(Number.isFinite)).toBe(true)
    expect(measures.validationPhotos).toBe(validation * classes)
    expect(thresholds.knownFrom.probability).toBeGreaterThanOrEqual(0.9)
    if (validation === 0) expect(sentence).toMatch('No validation photos: the limit for unknown photos is a guess')
    else {
      expect(measures.kept).toBe(1)
      expect(sentence).toMatch('So few photos make the limit for unknown photos a rough guess.')
    }
  })

  test('photos that are all the same, and a class without any', () => {
    const training = matrix(new Float32Array(6 * dimensions).fill(2), dimensions)
    const { tensors, thresholds } = fitted(5, 3, { training, trainingLabels: [0, 0, 0, 2, 2, 2] })
    expect(tensors.views[0]?.means).toHaveLength(2 * dimensions)
    expect(Number.isFinite(thresholds.unknownBelow)).toBe(true)
    expect(rejectorScores(tensors, training).every((score) => Number.isFinite(score))).toBe(true)
  })

  test('no training photos at all', () => {
    expect(() => fitted(5, 5, { training: matrix(new Float32Array(), dimensions), trainingLabels: [] })).toThrow(
      'no photos to fit to',
    )
  })
})
