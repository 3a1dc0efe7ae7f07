import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SafetensorsFile } from '../engine/index.ts'
import { fitTemperature, reliability } from './calibration.ts'
import { accuracy, classificationReport, confusionMatrix, topKAccuracy } from './classification.ts'
import type { ClassFigures } from './classification.ts'
import { detectionFigures } from './detection.ts'
import { wilsonInterval } from '../../shared/intervals.ts'
import { matrix } from './matrix.ts'
import { energy, mahalanobis, maximumProbability, nearestNeighbour, relativeMahalanobis } from './open-set.ts'
import { comparePaired, mcNemarExact } from './paired-test.ts'
import { brierScore, logLoss } from './probability-metrics.ts'
import { predictions, softmax } from './softmax.ts'
import { describeShared, readShared, sharedFolder } from '../engine/testing.ts'

interface TensorRef {
  tensor: string
  shape: number[]
}
interface ReliabilityCase {
  bins: { count: number; confidence: number | null; accuracy: number | null }[]
  ece: number
  mce: number
}
interface ClassificationCase {
  name: string
  classes: number
  logits: TensorRef
  labels: TensorRef
  predicted: number[]
  confusionMatrix: TensorRef
  accuracy: number
  balancedAccuracy: number
  perClass: Record<'precision' | 'recall' | 'f1' | 'support', number[]>
  macroOverAllClasses: ClassFigures
  macroOverClassesWithSupport: ClassFigures
  macroOverClassesSeen: ClassFigures
  weighted: ClassFigures
  topK: Record<string, number>
  logLoss: number
  brier: number
  calibration: Record<'equalWidth' | 'equalMass', ReliabilityCase>
  temperature: {
    value: number
    nllBefore: number
    nllAfter: number
    calibrationAfter: Record<'equalWidth' | 'equalMass', number>
  }
}
interface Fixture {
  classification: ClassificationCase[]
  wilson: { successes: number; trials: number; level: number; low: number; high: number }[]
  mcnemar: {
    counts: { onlyFirstCorrect: number; onlySecondCorrect: number; p: number }[]
    paired: {
      firstPredicted: number[]
      secondPredicted: number[]
      bothCorrect: number
      onlyFirstCorrect: number
      onlySecondCorrect: number
      bothWrong: number
      p: number
    }
  }
  detection: {
    name: string
    known: number[]
    unknown: number[]
    auroc: number
    threshold95: number
    fprAt95Tpr: number
    tprReached: number
  }[]
  openSet: Record<'trainFeatures' | 'trainLabels' | 'testFeatures' | 'weight' | 'bias', TensorRef> & {
    scores: Record<string, number[]>
  }
}

function expectClose(found: Iterable<number>, expected: readonly number[], tolerance: number) {
  const values = [...found]
  expect(values).toHaveLength(expected.length)
  values.forEach((value, index) => expect(Math.abs(value - (expected[index] as number))).toBeLessThan(tolerance))
}

describeShared('metrics', 'oracle/metrics.json', () => {
  const fixture = readShared<Fixture>('oracle/metrics.json')
  const file = SafetensorsFile.open(join(sharedFolder, 'oracle/metrics.safetensors'))
  const real = ({ tensor, shape }: TensorRef) => matrix(Float64Array.from(file.readFloat32(tensor)), shape[1] ?? 1)
  const whole = ({ tensor }: TensorRef) => new Int32Array(file.readBytes(tensor).buffer)
  const labelsOfFive = () => whole(fixture.classification[0]!.labels)

  describe.each(fixture.classification)('classification: $name', (expected) => {
    const labels = whole(expected.labels)
    const logits = real(expected.logits)
    const probabilities = softmax(logits)
    const predicted = predictions(logits)

    test('counts and shares', () => {
      expect([...predicted]).toEqual(expected.predicted)
      const confusion = confusionMatrix(labels, predicted, expected.classes)
      expect(confusion.flat()).toEqual([...whole(expected.confusionMatrix)])
      const report = classificationReport(confusion)
      expect(report.accuracy).toBeCloseTo(expected.accuracy, 9)
      expect(accuracy(labels, predicted)).toBeCloseTo(expected.accuracy, 9)
      expect(report.balancedAccuracy).toBeCloseTo(expected.balancedAccuracy, 9)
      for (const key of ['precision', 'recall', 'f1', 'support'] as const) {
        expectClose(
          report.perClass.map((figures) => figures[key]),
          expected.perClass[key],
          1e-9,
        )
      }
      for (const key of ['precision', 'recall', 'f1'] as const) {
        expect(report.macroOverAllClasses[key]).toBeCloseTo(expected.macroOverAllClasses[key], 9)
        expect(report.macroOverClassesWithSupport[key]).toBeCloseTo(expected.macroOverClassesWithSupport[key], 9)
        expect(report.macroOverClassesSeen[key]).toBeCloseTo(expected.macroOverClassesSeen[key], 9)
        expect(report.weighted[key]).toBeCloseTo(expected.weighted[key], 9)
      }
      for (const [k, share] of Object.entries(expected.topK)) {
        expect(topKAccuracy(logits, labels, Number(k))).toBeCloseTo(share, 9)
      }
    })

    test('probabilities', () => {
      expect(logLoss(logits, labels)).toBeCloseTo(expected.logLoss, 9)
      expect(brierScore(probabilities, labels)).toBeCloseTo(expected.brier, 9)
      for (const binning of ['equalWidth', 'equalMass'] as const) {
        const found = reliability(probabilities, labels, binning)
        const wanted = expected.calibration[binning]
        expect(found.expectedError).toBeCloseTo(wanted.ece, 9)
        expect(found.largestError).toBeCloseTo(wanted.mce, 9)
        found.bins.forEach((bin, index) => {
          const { count, confidence, accuracy: right } = wanted.bins[index]!
          expect(bin.count).toBe(count)
          if (confidence === null || right === null) expect(bin).toEqual({ count: 0, confidence: null, accuracy: null })
          else {
            expect(bin.confidence).toBeCloseTo(confidence, 9)
            expect(bin.accuracy).toBeCloseTo(right, 9)
          }
        })
      }
    })

    test('temperature', () => {
      const { value, nllBefore, nllAfter, calibrationAfter } = expected.temperature
      const temperature = fitTemperature(logits, labels)
      expect(Math.abs(temperature / value - 1)).toBeLessThan(1e-6)
      expect(logLoss(logits, labels)).toBeCloseTo(nllBefore, 9)
      expect(logLoss(logits, labels, temperature)).toBeCloseTo(nllAfter, 9)
      for (const binning of ['equalWidth', 'equalMass'] as const) {
        const after = reliability(softmax(logits, temperature), labels, binning)
        expect(after.expectedError).toBeCloseTo(calibrationAfter[binning], 5)
      }
    })
  })

  test.each(fixture.wilson)('Wilson: $successes of $trials at $level', ({ successes, trials, level, low, high }) => {
    expectClose(wilsonInterval(successes, trials, level), [low, high], 1e-9)
  })

  test.each(fixture.mcnemar.counts)('McNemar: $onlyFirstCorrect, $onlySecondCorrect', (expected) => {
    expect(mcNemarExact(expected.onlyFirstCorrect, expected.onlySecondCorrect)).toBeCloseTo(expected.p, 9)
  })

  test('McNemar on two lists of predictions', () => {
    const { paired } = fixture.mcnemar
    const found = comparePaired(labelsOfFive(), paired.firstPredicted, paired.secondPredicted)
    const { bothRight, onlyFirstRight, onlySecondRight, bothWrong, p } = found
    expect([bothRight, onlyFirstRight, onlySecondRight, bothWrong]).toEqual([
      paired.bothCorrect,
      paired.onlyFirstCorrect,
      paired.onlySecondCorrect,
      paired.bothWrong,
    ])
    expect(p).toBeCloseTo(paired.p, 9)
  })

  test.each(fixture.detection)('detection: $name', (expected) => {
    const found = detectionFigures(expected.known, expected.unknown)
    expect(found.auroc).toBeCloseTo(expected.auroc, 9)
    expect(found.threshold95).toBe(expected.threshold95)
    expect(found.falsePositivesAt95).toBeCloseTo(expected.fprAt95Tpr, 9)
    expect(found.kept).toBeCloseTo(expected.tprReached, 9)
  })

  describe('open set', () => {
    const { trainFeatures, trainLabels, testFeatures, weight, bias, scores } = fixture.openSet
    const [training, features, weights] = [real(trainFeatures), real(testFeatures), real(weight)]
    const labels = whole(trainLabels)
    const shifts = real(bias).data
    const logits = matrix(
      Float64Array.from({ length: features.rows * weights.rows }, (_, index) => {
        const [photo, group] = [Math.floor(index / weights.rows), index % weights.rows]
        let sum = shifts[group] as number
        for (let i = 0; i < features.columns; i++) {
          sum += features.data[photo * features.columns + i]! * weights.data[group * features.columns + i]!
        }
        return sum
      }),
      weights.rows,
    )
    const plain = { features: training, labels }
    const shrunk = { ...plain, normalise: true }
    test.each<[string, () => Float64Array]>([
      ['maximumProbability', () => maximumProbability(logits)],
      ['energy', () => energy(logits)],
      ['mahalanobis', () => mahalanobis(plain, features)],
      ['relativeMahalanobis', () => relativeMahalanobis(plain, features)],
      ['mahalanobisNormalisedShrunk', () => mahalanobis(shrunk, features)],
      ['relativeMahalanobisNormalisedShrunk', () => relativeMahalanobis(shrunk, features)],
      ['nearest1', () => nearestNeighbour(training, features, 1)],
      ['nearest5', () => nearestNeighbour(training, features, 5)],
      ['nearest10', () => nearestNeighbour(training, features, 10)],
    ])('%s', (name, score) => {
      const expected = scores[name] as number[]
      score().forEach((value, index) => {
        const wanted = expected[index] as number
        expect(Math.abs(value - wanted)).toBeLessThan(1e-7 * Math.abs(wanted))
      })
    })
  })
})

test('the temperature stays finite when every photo is right', () => {
  const labels = [0, 1, 2, 0, 1, 2]
  const rows = labels.flatMap((label) => [0, 1, 2].map((column) => (column === label ? 3 : 0)))
  const logits = matrix(Float64Array.from(rows), 3)
  const temperature = fitTemperature(logits, labels)
  // A label counts as 7/8 sure, and the eighth goes to all three: probability 7/8 + 1/24 for the label.
  expect(softmax(logits, temperature).data[0]).toBeCloseTo(7 / 8 + 1 / 24, 6)
  expect(fitTemperature(matrix(new Float64Array(), 3), [])).toBe(1)
})
