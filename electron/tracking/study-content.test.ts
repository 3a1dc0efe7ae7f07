import { expect, it } from 'vitest'
import type { Study, StudyRun } from '../../shared/study.ts'
import type { RunRecord } from '../../shared/training.ts'
import { plainSettings } from '../../shared/testing.ts'
import { temporaryProject } from '../project/testing.ts'
import { summariseVariants } from '../train/study/summarise.ts'
import { studyFiles, studyMetrics, studyParams } from './study-content.ts'

const spec: Study['spec'] = {
  name: 'Rates',
  kind: 'sweep',
  variants: [0.001, 0.01].map((learningRate) => ({
    name: `rate=${learningRate}`,
    model: 'simple_cnn',
    mode: 'scratch',
    set: { epochs: 2, learningRate },
  })),
  seeds: [1, 2],
  stopHopeless: false,
}
const run = (variant: number, seed: number, validationAccuracy: number): StudyRun => ({
  variant,
  seed,
  run: `run-${variant}-${seed}`,
  state: 'done',
  trainAccuracy: 1,
  validationAccuracy,
  testAccuracy: null,
  calibrationError: 0.1,
  seconds: 10,
  modelBytes: 1_550_000,
  photosPerSecond: 400,
  error: null,
})
const runs = [run(0, 1, 0.5), run(1, 1, 0.75), run(0, 2, 0.625), run(1, 2, 1)]
const study: Study = {
  id: 's',
  number: 1,
  spec,
  state: 'running',
  startedAt: '2026-01-01T00:00:00Z',
  runs,
  summary: summariseVariants(spec, runs),
  sentence: 'One is better.',
}
const numbers = new Map(runs.map(({ run: id }, index) => [id, index + 1]))
const numberOf = (id: string): number => numbers.get(id) ?? Infinity

function record(id: string): RunRecord {
  const { runs: kept } = temporaryProject()
  const made = kept.create({ settings: plainSettings, classes: [], photos: { train: 1, validation: 1, test: 1 } })
  return { ...kept.get(made.id), id, number: numberOf(id), startedAt: '2026-01-01T00:00:00Z', seconds: 10 }
}

it('tells what was varied apart from what all variants share', () => {
  expect(Object.fromEntries(studyParams(study).map(({ key, value }) => [key, value]))).toEqual({
    study: 'sweep',
    variants: '2',
    seeds: '1, 2',
    runs: '4',
    stopHopeless: 'false',
    model: 'simple_cnn',
    mode: 'scratch',
    epochs: '2',
    'varied/learningRate': '0.001, 0.01',
  })
})

it('tells best and mean of the variant of a run as they were when it had ended, whenever it is asked', () => {
  const metrics = studyMetrics(study, record('run-0-2'), numberOf)
  expect(metrics.map(({ key, value, step }) => [key, value, step])).toEqual([
    ['runs_done', 3, 3],
    ['best_validation_accuracy', 0.75, 3],
    ['best_validation_accuracy/rate_0.001', 0.625, 2],
    ['mean_validation_accuracy/rate_0.001', 0.5625, 2],
    ['best_train_accuracy', 1, 3],
    ['best_train_accuracy/rate_0.001', 1, 2],
    ['mean_train_accuracy/rate_0.001', 1, 2],
  ])
  expect(new Set(metrics.map(({ timestamp }) => timestamp))).toEqual(new Set([Date.parse('2026-01-01T00:00:10Z')]))
  expect(studyMetrics(study, record('elsewhere'), numberOf)).toEqual([])
})

it('writes the summary for people and for programs', () => {
  const [words, data] = studyFiles(study)
  expect(words?.text).toContain('| rate=0.001 | 2 | 100.0 % (100.0 to 100.0) | 56.3 % (')
  expect(words?.text).toContain('| 0.100 | 10 | 400 | 1.6 MB |')
  expect(JSON.parse(data?.text ?? '')).toMatchObject({ spec, sentence: 'One is better.', runs })
})
