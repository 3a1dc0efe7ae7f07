import { describe, expect, test } from 'vitest'
import type { Photo } from '../../shared/photo.ts'
import { SafetensorsFile, stream } from '../engine/index.ts'
import { describeShared, readShared, sharedFolder } from '../engine/testing.ts'
import { pairedBootstrapInterval } from './paired-bootstrap.ts'
import { compareRuns, comparisonSentence, type ComparedRun } from './run-comparison.ts'
import { join } from 'node:path'

interface Fixture {
  classification: { name: string; labels: { tensor: string } }[]
  bootstrap: { accuracy: { estimate: number; low: number; high: number } }
  mcnemar: {
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
}

const classes = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, name: id.toUpperCase() }))
const run = (number: number, called: readonly number[], labels: readonly number[]): ComparedRun => ({
  id: `run${number}`,
  number,
  classes,
  predictions: called.map((place, index) => ({
    photo: `p${index}`,
    label: classes[labels[index] ?? 0]?.id ?? '',
    probabilities: Float32Array.from(classes, (_, other) => (other === place ? 0.6 : 0.1)),
  })),
})
const photo = (index: number, classId: string | null, more: Partial<Photo> = {}): Photo => ({
  id: `p${index}`,
  name: `${index}.jpg`,
  path: `${index}.jpg`,
  classId,
  split: 'test',
  excluded: false,
  flagged: false,
  foundRight: false,
  unreadable: null,
  width: null,
  height: null,
  ...more,
})

describeShared('a comparison', 'oracle/metrics.json', () => {
  const fixture = readShared<Fixture>('oracle/metrics.json')
  const file = SafetensorsFile.open(join(sharedFolder, 'oracle/metrics.safetensors'))
  const five = fixture.classification.find(({ name }) => name === 'five')
  const labels = Array.from(new Int32Array(file.readBytes(five?.labels.tensor ?? '').buffer))

  test('on the two lists of predictions', () => {
    const { paired } = fixture.mcnemar
    const found = compareRuns(
      run(1, paired.firstPredicted, labels),
      run(2, paired.secondPredicted, labels),
      'test',
      labels.map((label, index) => photo(index, classes[label]?.id ?? null)),
    )
    expect(found).toMatchObject({
      photos: labels.length,
      leftOut: 0,
      relabelled: 0,
      bothRight: paired.bothCorrect,
      bothWrong: paired.bothWrong,
    })
    expect(found.onlyFirstRight).toHaveLength(paired.onlyFirstCorrect)
    expect(found.onlySecondRight).toHaveLength(paired.onlySecondCorrect)
    expect(found.p).toBeCloseTo(paired.p, 9)
    const difference = (paired.onlyFirstCorrect - paired.onlySecondCorrect) / labels.length
    expect(found.difference).toBeCloseTo(difference, 12)
    expect(found.accuracy.first - found.accuracy.second).toBeCloseTo(difference, 12)
    expect(found.interval).toEqual(pairedBootstrapInterval({ ...counts(paired), photos: labels.length }))
  })

  test('the bootstrap: against a model that is never right it is that of the accuracy', () => {
    const { estimate, low, high } = fixture.bootstrap.accuracy
    const right = Math.round(estimate * labels.length)
    const found = pairedBootstrapInterval({ onlyFirstRight: right, onlySecondRight: 0, photos: labels.length })
    expect(found[0]).toBeCloseTo(low, 12)
    expect(found[1]).toBeCloseTo(high, 12)
  })
})
const counts = ({ onlyFirstCorrect, onlySecondCorrect }: Fixture['mcnemar']['paired']) => ({
  onlyFirstRight: onlyFirstCorrect,
  onlySecondRight: onlySecondCorrect,
})

describe('the paired bootstrap', () => {
  test.each([
    [12, 4, 45],
    [34, 12, 193],
    [0, 3, 20],
    [40, 160, 2000],
  ])('is what drawing photos again and again comes to: %i, %i of %i', (onlyFirstRight, onlySecondRight, photos) => {
    const draws = 4000
    const random = stream({ seed: 1, purpose: 'bootstrap' })
    const differences = Array.from({ length: draws }, () => {
      let difference = 0
      for (let drawn = 0; drawn < photos; drawn++) {
        const place = random.integer(photos)
        if (place < onlyFirstRight) difference++
        else if (place < onlyFirstRight + onlySecondRight) difference--
      }
      return difference / photos
    }).sort((a, b) => a - b)
    const [low, high] = pairedBootstrapInterval({ onlyFirstRight, onlySecondRight, photos })
    // The 2.5 % quantile of 4,000 draws lies, five standard deviations wide, between its 1.3 % and 3.7 % quantiles.
    const at = (share: number): number => differences[Math.round(share * (draws - 1))] as number
    expect(low).toBeGreaterThanOrEqual(at(0.0127))
    expect(low).toBeLessThanOrEqual(at(0.0373))
    expect(high).toBeGreaterThanOrEqual(at(0.9627))
    expect(high).toBeLessThanOrEqual(at(0.9873))
  })

  test('is symmetric, and stays in its bounds', () => {
    const [low, high] = pairedBootstrapInterval({ onlyFirstRight: 30, onlySecondRight: 8, photos: 100 })
    const [otherLow, otherHigh] = pairedBootstrapInterval({ onlyFirstRight: 8, onlySecondRight: 30, photos: 100 })
    expect(otherHigh).toBeCloseTo(-low, 12)
    expect(otherLow).toBeCloseTo(-high, 12)
    expect(pairedBootstrapInterval({ onlyFirstRight: 5, onlySecondRight: 0, photos: 5 })).toEqual([1, 1])
    expect(pairedBootstrapInterval({ onlyFirstRight: 0, onlySecondRight: 0, photos: 9 })).toEqual([0, 0])
    expect(pairedBootstrapInterval({ onlyFirstRight: 0, onlySecondRight: 0, photos: 0 })).toEqual([-1, 1])
  })
})

describe('a comparison', () => {
  test('goes by the labels of today, and leaves out what they do not decide', () => {
    const labels = [0, 0, 0, 0, 0, 0]
    const first = run(7, [0, 1, 0, 0, 0, 0], labels)
    const second = { ...run(3, [1, 0, 0, 1, 1, 1], labels), classes: classes.slice(0, 4) }
    const photos = [
      photo(0, 'a'),
      photo(1, 'b'), // corrected since: what was the first's mistake is right
      photo(2, 'a', { excluded: true }),
      photo(3, null),
      photo(4, 'e'), // of a class that the second does not know
    ]
    const found = compareRuns(first, second, 'validation', photos)
    expect(found).toMatchObject({ photos: 2, leftOut: 4, relabelled: 1, bothRight: 0, bothWrong: 0, difference: 1 })
    expect(found.onlyFirstRight.map(({ id }) => id)).toEqual(['p0', 'p1'])
    expect(found.onlyFirstRight[1]).toMatchObject({
      trueClass: 'b',
      first: { classId: 'b' },
      second: { classId: 'a', confidence: expect.closeTo(0.6) },
    })
    expect(found.classes.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('is said in words', () => {
    const many = (length: number) => ({ length })
    const say = (one: number, two: number, photos: number, p: number) =>
      comparisonSentence(
        {
          split: 'validation',
          photos,
          onlyFirstRight: many(one),
          onlySecondRight: many(two),
          difference: (one - two) / Math.max(photos, 1),
          interval: pairedBootstrapInterval({ onlyFirstRight: one, onlySecondRight: two, photos }),
          p,
        },
        7,
        3,
      )
    expect(say(12, 4, 45, 0.0768)).toBe(
      'Run 7 gets 12 photos right that run 3 got wrong, and 4 the other way round: p = 0.077, not yet a clear difference. ' +
        'Run 7 is ahead by 17.8 points (2.2 to 33.3) on 45 photos.',
    )
    expect(say(12, 34, 193, 0.00161)).toMatch(/p = 0\.0016, a clear difference\. Run 3 is ahead by 11\.4 points \(/)
    expect(say(1, 1, 20, 1)).toMatch(/gets 1 photo right .* p = 1, not yet a clear difference\.$/)
    expect(say(9, 1, 20, 0.0496)).toContain('p = 0.0496, a clear difference')
    expect(say(40, 1, 200, 1e-9)).toContain('p < 0.001')
    expect(say(0, 0, 20, 1)).toContain('right on the same photos and wrong on the same, of 20 photos')
    expect(say(0, 0, 0, 1)).toBe('Run 7 and run 3 were not evaluated on the same validation photos.')
  })
})
