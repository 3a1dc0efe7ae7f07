import { describe, expect, it } from 'vitest'
import { presetPolicy } from '../../../shared/policy.ts'
import type { RunOverview } from '../../../shared/run.ts'
import { passes } from './column-filter.ts'
import { fixedColumns, gapOf, policyName, settingColumns } from './columns.ts'
import { differenceWords, namedDifferences, onSameData, sameWords } from './differences.ts'
import { runQuery } from './run-query.ts'
import { accuracyInterval, correctedSentence, fewWords } from './run-words.ts'

const best = {
  epoch: 3,
  trainLoss: 0.4,
  trainAccuracy: 0.9,
  trainMacroF1: 0.9,
  validationLoss: 0.5,
  validationAccuracy: 0.8,
  validationMacroF1: 0.79,
  gradientNorm: 2,
  inputShare: 0.125,
  computeShare: 0.75,
  learningRate: 0.001,
  seconds: 1,
  imagesPerSecond: 300,
}
const run = (change: Partial<RunOverview>, settings: object = {}): RunOverview => ({
  id: `run${change.number ?? 1}`,
  number: 1,
  model: 'simple_cnn',
  mode: 'scratch',
  state: 'finished',
  startedAt: '2026-01-01T10:00:00.000Z',
  seconds: 62,
  bestEpoch: 3,
  validationAccuracy: 0.8,
  validationLoss: 0.5,
  hasModel: true,
  archived: false,
  error: null,
  tags: [],
  notes: '',
  settings: { seed: 1, learningRate: 0.003, augmentation: presetPolicy('standard'), ...settings },
  photos: { train: 70, validation: 15, test: 15 },
  study: null,
  epochs: 5,
  best,
  testAccuracy: null,
  origin: null,
  ...change,
})
const origin = (fingerprint: string): RunOverview['origin'] => ({
  fingerprint,
  version: '0.1.0',
  node: '24.0.0',
  onnxruntime: null,
  device: { name: 'Processor', threads: 2 },
  weights: null,
})

const runs = [
  run({ number: 1 }),
  run({ number: 2, tags: ['baseline'], validationAccuracy: 0.95 }, { seed: 2, augmentation: presetPolicy('none') }),
  run({ number: 3, validationAccuracy: null, best: null, notes: 'too dark' }, { optimizer: 'sgd' }),
]
const columns = [...fixedColumns(() => 'Simple CNN, from scratch'), ...settingColumns(runs)]
const found = (text: string): number[] => runs.filter(runQuery(text, columns)).map(({ number }) => number)

describe('columns', () => {
  it('say what they hold', () => {
    const said = (key: string, of = runs[0] as RunOverview) => columns.find((column) => column.key === key)?.text(of)
    expect(['accuracy', 'loss', 'gap', 'policy', 'time', 'bestEpoch'].map((key) => said(key))).toEqual([
      '80.0',
      '0.50',
      '10.0',
      'Standard',
      '1\u00a0min',
      '3',
    ])
    expect(said('accuracy', runs[2])).toBe('')
    expect(said('settings.optimizer', runs[2])).toBe('sgd')
    expect(said('settings.optimizer')).toBe('')
    expect(gapOf(runs[2] as RunOverview)).toBeUndefined()
    expect(policyName(run({}, { augmentation: 'unheard of' }))).toBeUndefined()
  })
  it('exist for every setting of any run, and know numbers from words', () => {
    const made = settingColumns(runs)
    expect(made.find(({ key }) => key === 'settings.learningRate')).toMatchObject({
      numeric: true,
      title: 'Learning rate',
    })
    expect(made.find(({ key }) => key === 'settings.optimizer')).toMatchObject({ numeric: false })
    expect(made.some(({ key }) => key === 'settings.augmentation.version')).toBe(false)
  })
  it('are filtered by values and by ranges, open ones too', () => {
    expect(passes({ kind: 'values', values: new Set(['2', '–']) }, 2)).toBe(true)
    expect(passes({ kind: 'values', values: new Set(['–']) }, undefined)).toBe(true)
    expect(passes({ kind: 'range', from: 1, to: null }, 1)).toBe(true)
    expect(passes({ kind: 'range', from: null, to: 1 }, 1.5)).toBe(false)
    expect(passes({ kind: 'range', from: null, to: null }, undefined)).toBe(false)
  })
})

describe('finding runs', () => {
  it('looks for words anywhere', () => {
    expect(found('')).toEqual([1, 2, 3])
    expect(found('baseline')).toEqual([2])
    expect(found('SGD')).toEqual([3])
    expect(found('"too dark"')).toEqual([3])
    expect(found('simple baseline')).toEqual([2])
  })
  it('compares values', () => {
    expect(found('accuracy>=80')).toEqual([1, 2])
    expect(found('accuracy>80 seed=2')).toEqual([2])
    expect(found('seed!=1')).toEqual([2])
    expect(found('settings.learningRate<0.01')).toEqual([1, 2, 3])
    expect(found('tags!=baseline')).toEqual([1, 3])
    expect(found('nothing=1')).toEqual([])
  })
})

describe('differences', () => {
  it('are named, a policy by its name', () => {
    const [first, second] = runs as [RunOverview, RunOverview]
    const differences = namedDifferences([first, second])
    expect(differences).toEqual([
      { title: 'Augmentation', values: ['Standard', 'None'] },
      { title: 'Seed', values: ['1', '2'] },
    ])
    expect(differenceWords(differences)).toBe('differ in augmentation and seed')
    expect(differenceWords(differences.slice(1))).toBe('differ in seed only')
    expect(differenceWords([])).toBe('have the same settings')
  })
  it('include the data', () => {
    expect(onSameData([run({}), run({ origin: origin('a') })])).toBeNull()
    expect(sameWords([run({ origin: origin('a') }), run({ origin: origin('a') })])).toBe(
      'Same photos, labels and split.',
    )
    expect(onSameData([run({ origin: origin('a') }), run({ origin: origin('b') })])).toBe(false)
  })
})

describe('a run in few words', () => {
  it('says how it ended, or what its curves say', () => {
    expect(fewWords(run({ state: 'failed' }), null)?.text).toBe('failed')
    expect(fewWords(run({}), null)).toBeNull()
    expect(fewWords(run({}), [best])?.tone).toBe('plain')
  })
  it('has an interval, and what was corrected since', () => {
    // 12 of 15, by Wilson's formula in R: binom::binom.wilson(12, 15).
    const { interval } = accuracyInterval(run({})) ?? { interval: [0, 0] }
    expect(interval[0]).toBeCloseTo(54.81, 1)
    expect(interval[1]).toBeCloseTo(92.95, 1)
    expect(accuracyInterval(run({ validationAccuracy: null }))).toBeNull()
    expect(correctedSentence({ train: 9, validation: 0, test: 3 })).toBe(
      'Labels were corrected since this run: 3 test photos and 9 training photos.',
    )
    expect(correctedSentence({ train: 1, validation: 0, test: 0 })).toBe(
      'Labels were corrected since this run: 1 training photo. Its test photos are untouched.',
    )
    expect(correctedSentence({ train: 0, validation: 0, test: 0 })).toBeNull()
  })
})
