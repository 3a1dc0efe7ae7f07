import { describe, expect, test } from 'vitest'
import { studySpec, sweepSpec, type StudyRun, type StudySpec } from '../../../shared/study.ts'
import { defaultSettings } from '../settings/settings.ts'
import { setSettings } from '../settings/set-settings.ts'
import { expandSweep } from './expand-sweep.ts'
import { isHopeless } from './hopeless.ts'
import { architectureStudy, augmentationStudy } from './ready-studies.ts'
import { studySentence, summariseVariants } from './summarise.ts'

const usual = { model: 'simple_cnn', mode: 'scratch' } as const

describe('a sweep written out', () => {
  test('a grid is every combination, with what all share and the model where it varies', () => {
    const sweep = sweepSpec.parse({
      set: { epochs: 3 },
      vary: { learningRate: [0.001, 0.003], model: ['simple_cnn', 'resnet18'] },
      seeds: 2,
    })
    const { variants, seeds } = expandSweep(sweep, usual)
    expect(seeds).toEqual([1, 2])
    expect(variants.map(({ name }) => name)).toEqual([
      'learningRate 0.001, model simple_cnn',
      'learningRate 0.001, model resnet18',
      'learningRate 0.003, model simple_cnn',
      'learningRate 0.003, model resnet18',
    ])
    expect(variants[3]).toMatchObject({ model: 'resnet18', mode: 'scratch', set: { epochs: 3, learningRate: 0.003 } })
  })

  test('draws lie in their range, differ, and stay the same when more are asked for', () => {
    const vary = { learningRate: { from: 1e-4, to: 1e-2, scale: 'log' as const }, labelSmoothing: [0, 0.1] }
    const few = expandSweep(sweepSpec.parse({ vary, samples: 20 }), usual).variants
    const more = expandSweep(sweepSpec.parse({ vary, samples: 400 }), usual).variants
    expect(more.slice(0, 20)).toEqual(few)
    expect(new Set(more.map(({ name }) => name)).size).toBe(400)
    const rates = more.map(({ set }) => set['learningRate'] as number)
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(1e-4)
    expect(Math.max(...rates)).toBeLessThanOrEqual(1e-2)
    // Even in the logarithm: half of them below the geometric middle, within four standard deviations.
    expect(Math.abs(rates.filter((rate) => rate < 1e-3).length - 200)).toBeLessThan(40)
  })

  test('says what is wrong with what has no end', () => {
    const range = sweepSpec.parse({ vary: { learningRate: { from: 0.1, to: 1 } } })
    expect(() => expandSweep(range, usual)).toThrow(/learningRate is a range.*"samples"/)
    const large = sweepSpec.parse({
      vary: Object.fromEntries(['a', 'b', 'c', 'd'].map((key) => [key, [1, 2, 3, 4, 5, 6, 7, 8]])),
    })
    expect(() => expandSweep(large, usual)).toThrow(/4,096 combinations/)
  })
})

test('the settings of the ready studies exist', () => {
  const ready = { seeds: 3, set: { epochs: 5 } }
  const studies = [
    augmentationStudy('simple_cnn', 'scratch', ready),
    architectureStudy([{ model: 'simple_cnn', mode: 'scratch', title: 'Simple CNN' }], ready),
  ]
  for (const study of studies) {
    expect(studySpec.parse(study)).toEqual(study)
    for (const { model, mode, set } of study.variants) {
      const assigned = Object.entries(set).map(([key, value]) => `${key}=${value}`)
      expect(setSettings(defaultSettings(model, mode, 500), assigned).epochs).toBe(5)
    }
  }
})

describe('what a study comes to', () => {
  const spec: StudySpec = augmentationStudy('simple_cnn', 'scratch', { seeds: 3, set: {} })
  const run = (variant: number, seed: number, trainAccuracy: number, validationAccuracy: number): StudyRun => ({
    variant,
    seed,
    run: `${variant} ${seed}`,
    state: 'done',
    trainAccuracy,
    validationAccuracy,
    testAccuracy: validationAccuracy,
    calibrationError: 0.05,
    seconds: 10,
    modelBytes: 1_550_000,
    photosPerSecond: 400,
    error: null,
  })
  const runs = [1, 2, 3].flatMap((seed) => [
    run(0, seed, 0.99, 0.6 + seed / 1000),
    run(1, seed, 0.9, 0.75 + seed / 500),
    run(2, seed, 0.88, 0.76 - seed / 200),
    run(6, seed, 0.5, 0.48),
  ])

  test('means, intervals and gaps', () => {
    const [none, crop, , noise] = summariseVariants(spec, runs)
    expect(none?.train?.mean).toBeCloseTo(0.99)
    expect(none?.gap?.mean).toBeCloseTo(0.388)
    expect(none?.validation?.interval?.[0]).toBeCloseTo(0.602 - (4.302652729749462 * 0.001) / Math.sqrt(3))
    expect(crop).toMatchObject({ name: 'crop and flip', runs: 3 })
    expect(noise).toMatchObject({ runs: 0, validation: null })
  })

  test('a sentence names the best, how sure that is, and what over- and underfits', () => {
    const sentence = studySentence({ spec, runs })
    expect(sentence).toMatch(/^Crop and flip is right most often: 75.4 %/)
    expect(sentence).toMatch(/crop, flip and colour is not clearly worse/)
    expect(sentence).toMatch(/Without augmentation the model overfits: 99.0 % of the training photos against 60.2 %/)
    expect(sentence).toMatch(/The strong preset makes it underfit/)
  })

  test('what seeds make of the validation accuracy is not called underfitting', () => {
    const unsure = [0.2, 0.72, 0.7].map((accuracy, place) => run(6, place + 1, 0.5, accuracy))
    const sentence = studySentence({ spec, runs: [...runs.filter(({ variant }) => variant === 0), ...unsure] })
    expect(sentence).not.toMatch(/underfit/)
  })

  test('size and speed of the models are told', () => {
    expect(summariseVariants(spec, runs)[0]).toMatchObject({ modelBytes: 1_550_000, photosPerSecond: { mean: 400 } })
  })

  test('a single seed is said to be one, a clear lead to be clear, and nothing is said of nothing', () => {
    expect(studySentence({ spec, runs: runs.filter(({ seed }) => seed === 1) })).toMatch(/single seed/)
    expect(studySentence({ spec, runs: runs.filter(({ variant }) => variant < 2) })).toMatch(/more than the seeds make/)
    expect(studySentence({ spec, runs: [] })).toBeNull()
  })

  test('runs that were stopped do not count', () => {
    const stopped = { ...run(0, 9, 0, 0), state: 'stopped' as const }
    expect(summariseVariants(spec, [...runs, stopped])[0]?.runs).toBe(3)
  })
})

describe('the median rule', () => {
  const finished = [
    [0.2, 0.4, 0.5, 0.6, 0.7],
    [0.3, 0.5, 0.6, 0.7, 0.8],
    [0.1, 0.2, 0.3, 0.4, 0.5],
  ]
  test('stops what is behind the median of the averages, and gives everybody some epochs', () => {
    // Averages after four epochs: 0.425, 0.525, 0.25.
    expect(isHopeless([0.2, 0.3, 0.4, 0.42], finished)).toBe(true)
    expect(isHopeless([0.2, 0.3, 0.4, 0.43], finished)).toBe(false)
    expect(isHopeless([0, 0, 0], finished)).toBe(false)
    expect(isHopeless([0, 0, 0, 0], finished.slice(1))).toBe(false)
  })
})
