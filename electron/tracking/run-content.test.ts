import { expect, it } from 'vitest'
import type { RunRecord } from '../../shared/training.ts'
import { plainSettings } from '../../shared/testing.ts'
import { temporaryProject } from '../project/testing.ts'
import { proxiedFolder } from './mlflow.ts'
import { finalMetricsOf, metricsAfter, paramsOf, stepMetricsAfter, tagsOf } from './run-content.ts'

const epoch = (number: number) => ({
  epoch: number,
  trainLoss: 1 / number,
  trainAccuracy: 0.5,
  trainMacroF1: null,
  validationLoss: 0.25,
  validationAccuracy: 0.75,
  validationMacroF1: 0.5,
  learningRate: 1e-3,
  gradientNorm: 2,
  inputShare: 0.125,
  computeShare: 0.75,
  seconds: 1.5004,
  imagesPerSecond: 46.7,
})

function record(): RunRecord {
  const { runs } = temporaryProject()
  const classes = [
    { id: 'a', name: 'Rose' },
    { id: 'b', name: 'Tulip' },
  ]
  const { id } = runs.create({ settings: plainSettings, classes, photos: { train: 70, validation: 15, test: 15 } })
  for (const number of [1, 2, 3]) runs.addEpoch(id, epoch(number), number)
  return runs.get(id)
}

it('names settings as the command line does, in keys that MLflow takes', () => {
  const params = Object.fromEntries(paramsOf(plainSettings).map(({ key, value }) => [key, value]))
  expect(params).toMatchObject({ model: 'simple_cnn', learningRate: '0.003', seed: '1' })
  expect(Object.keys(params).every((key) => /^[\w\-. /]{1,250}$/.test(key))).toBe(true)
})

it('cuts what is too long for MLflow, and says so', () => {
  const [param] = paramsOf({ text: 'x'.repeat(7000) })
  expect(param?.value).toHaveLength(6000)
  expect(param?.value).toMatch(/… \(cut; whole in settings\.json\)$/)
})

it('gives an epoch the same time whenever it is sent', () => {
  const run = record()
  const all = metricsAfter(run, 0)
  expect(metricsAfter(run, 2)).toEqual(all.filter(({ step }) => step === 3))
  expect(metricsAfter(run, 3)).toEqual([])
  expect(all.filter(({ key }) => key === 'train_loss').map(({ step, value }) => [step, value])).toEqual([
    [1, 1],
    [2, 0.5],
    [3, 1 / 3],
  ])
})

it('gives steps keys of their own, and times within their epoch', () => {
  const run = record()
  const steps = { stepsPerEpoch: 2, steps: [1, 2, 3, 7], losses: [4, 3, 2, 1], learningRates: [1e-4, 2e-4, 3e-4, 4e-4] }
  const all = stepMetricsAfter(run, steps, 0)
  const began = Date.parse(run.startedAt)
  expect(all.filter(({ key }) => key === 'step_loss')).toEqual([
    { key: 'step_loss', value: 4, timestamp: expect.closeTo(began + 750.2, 2), step: 1 },
    { key: 'step_loss', value: 3, timestamp: expect.closeTo(began + 1500.4, 2), step: 2 },
    { key: 'step_loss', value: 2, timestamp: expect.closeTo(began + 2250.6, 2), step: 3 },
  ])
  // The fourth epoch is not complete.
  expect(all.at(-1)).toMatchObject({ key: 'step_learning_rate', value: 3e-4, step: 3 })
  expect(stepMetricsAfter(run, steps, 2)).toEqual(all.slice(4))
  const ofEpochs = new Set(metricsAfter(run, 0).map(({ key }) => key))
  expect(all.filter(({ key }) => ofEpochs.has(key))).toEqual([])
  expect(stepMetricsAfter(run, null, 0)).toEqual([])
})

it('leaves out figures that there are none of', () => {
  const facts = { record: record(), card: null, steps: null, project: { id: 'p', name: 'P', folder: '/' } }
  expect(finalMetricsOf(facts).map(({ key }) => key)).toEqual(['best_epoch', 'best_validation_accuracy'])
  expect(metricsAfter(facts.record, 0).map(({ key }) => key)).not.toContain('train_macro_f1')
})

it('puts what the user wrote first', () => {
  const facts = { card: null, steps: null, project: { id: 'p', name: 'Meadow', folder: '/' } }
  const note = tagsOf({ ...facts, record: { ...record(), notes: 'Try again' } }).find(
    ({ key }) => key === 'mlflow.note.content',
  )
  expect(note?.value).toBe('Try again\n\nsimple_cnn trained from scratch on 70 photos of 2 classes of “Meadow”.')
})

it('knows where a server takes files, and where it does not', () => {
  expect(proxiedFolder('mlflow-artifacts:/1/ab/artifacts')).toBe('1/ab/artifacts')
  expect(proxiedFolder('mlflow-artifacts://host:5000/1/ab/artifacts')).toBe('1/ab/artifacts')
  expect(proxiedFolder('s3://bucket/1')).toBeNull()
  expect(proxiedFolder('/srv/mlruns/1')).toBeNull()
})
