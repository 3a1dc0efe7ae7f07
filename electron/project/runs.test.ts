import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EpochDetail } from '../../shared/epoch-detail.ts'
import { readStoredSettings } from '../../shared/stored-settings.ts'
import type { EpochMetrics } from '../../shared/training.ts'
import { Project } from './project.ts'
import { plainSettings } from '../../shared/testing.ts'
import { startProcess, temporaryProject } from './testing.ts'

/** As the first version stored them. */
const storedAtFirst = {
  model: 'simple_cnn',
  mode: 'scratch',
  imageSize: 96,
  epochs: 12,
  batchSize: 32,
  optimizer: 'adamw',
  learningRate: 3e-3,
  weightDecay: 0.05,
  schedule: 'onecycle',
  warmupEpochs: 1,
  labelSmoothing: 0.1,
  dropout: 0,
  patience: 0,
  augmentation: { cropMin: 0.4, flip: 0.5, jitter: 0.1 },
  extraViews: 0,
  seed: 1,
}

const begin = {
  settings: plainSettings,
  classes: [
    { id: 'a', name: 'Rose' },
    { id: 'b', name: 'Tulip' },
  ],
  photos: { train: 70, validation: 15, test: 15 },
}
const epoch = (number: number): EpochMetrics => ({
  epoch: number,
  trainLoss: 1 / number,
  trainAccuracy: 0.5,
  trainMacroF1: 0.4,
  validationLoss: 0.1 + 0.2,
  validationAccuracy: 2 / 3,
  validationMacroF1: 0.6,
  gradientNorm: 1.25,
  inputShare: 0.125,
  computeShare: 0.75,
  learningRate: 1e-3,
  seconds: 1.5,
  imagesPerSecond: 46.7,
})
const detail = (number: number): EpochDetail => ({
  epoch: number,
  photos: [8, 7],
  found: [number, 7],
  mistakenFor: [1, null],
  watched: [{ photo: 'p', label: 0, called: 1, probability: 2 / 3 }],
})

test('a run is written down as it goes and read back the same', () => {
  const project = temporaryProject()
  const first = project.runs.create(begin)
  expect(first).toMatchObject({
    number: 1,
    state: 'running',
    model: 'simple_cnn',
    mode: 'scratch',
    hasModel: false,
    modelDirectory: null,
    history: [],
    ...begin,
  })
  expect(existsSync(project.runs.directory(first.id))).toBe(true)
  project.runs.addEpoch(first.id, epoch(1), 1)
  project.runs.addEpoch(first.id, epoch(2), 2)
  project.runs.update(first.id, {
    state: 'finished',
    seconds: 12.5,
    bestEpoch: 2,
    validationAccuracy: 2 / 3,
    validationLoss: 0.1 + 0.2,
    hasModel: true,
  })
  const second = project.runs.create(begin)
  project.close()

  const again = Project.open(project.directory)
  expect(again.runs.get(first.id)).toEqual({
    ...first,
    state: 'finished',
    seconds: 12.5,
    bestEpoch: 2,
    validationAccuracy: 2 / 3,
    validationLoss: 0.1 + 0.2,
    hasModel: true,
    modelDirectory: join(again.runs.directory(first.id), 'model'),
    history: [epoch(1), epoch(2)],
  })
  expect(again.runs.list().map(({ id, number }) => [id, number])).toEqual([
    [second.id, 2],
    [first.id, 1],
  ])
  expect(again.runs.bestAccuracy()).toBe(2 / 3)
  expect(() => again.runs.get('nothing')).toThrow(expect.objectContaining({ code: 'not-found' }))
  again.close()
})

test('predictions keep their numbers bit by bit, and are replaced by new ones', () => {
  const project = temporaryProject()
  const { id } = project.runs.create(begin)
  const probabilities = new Float32Array([0.1, 1e-30, 0.9]).subarray(1)
  project.runs.savePredictions(id, [
    { photo: 'p', split: 'validation', label: 'a', probabilities, score: -1.25 },
    { photo: 'q', split: 'validation', label: 'b', probabilities, score: 0.1 },
    { photo: 'p', split: 'test', label: 'a', probabilities, score: 3 },
  ])
  expect(project.runs.predictions(id, 'validation')).toEqual([
    { photo: 'p', split: 'validation', label: 'a', probabilities: new Float32Array([1e-30, 0.9]), score: -1.25 },
    { photo: 'q', split: 'validation', label: 'b', probabilities: new Float32Array([1e-30, 0.9]), score: 0.1 },
  ])
  project.runs.savePredictions(id, [{ photo: 'p', split: 'test', label: 'b', probabilities, score: 4 }])
  expect(project.runs.predictions(id, 'test')).toMatchObject([{ label: 'b', score: 4 }])
})

test('corrections are those of all photos of the run, of the training photos too', () => {
  const project = temporaryProject()
  const [rose, tulip] = [project.labels.createClass('Rose'), project.labels.createClass('Tulip')]
  const ids = project.photos.add(
    ['a', 'b', 'c', 'd', 'e'].map((name) => ({
      path: `${name}.jpg`,
      classId: rose.id,
      split: 'train' as const,
      size: 1,
      modified: 0,
    })),
  )
  const [, b, c, d, e] = ids as [string, string, string, string, string]
  const { id } = project.runs.create(begin)
  project.runs.setPhotos(
    id,
    ids.slice(0, 4).map((photo) => ({ id: photo, classId: rose.id })),
  )
  expect(project.runs.corrections(id)).toEqual([])
  project.labels.set([b, e], tulip.id)
  project.labels.exclude([c], true)
  project.labels.set([d], null)
  expect(project.runs.corrections(id)).toEqual([
    { photo: b, name: 'b.jpg', from: rose.id, to: tulip.id, excluded: false },
    { photo: c, name: 'c.jpg', from: rose.id, to: rose.id, excluded: true },
    { photo: d, name: 'd.jpg', from: rose.id, to: null, excluded: false },
  ])
  expect(() => project.runs.corrections('nothing')).toThrow(expect.objectContaining({ code: 'not-found' }))
})

test('a run whose process was killed is interrupted afterwards, and its curves are kept', async () => {
  const project = temporaryProject()
  project.close()
  const child = startProcess(
    { Project: './project.ts' },
    `const project = Project.open(${JSON.stringify(project.directory)})
     const run = project.runs.create(${JSON.stringify(begin)})
     for (const metrics of ${JSON.stringify([1, 2, 3].map(epoch))}) project.runs.addEpoch(run.id, metrics, 1)
     console.log(run.id)
     setInterval(() => {}, 1000)`,
  )
  if (!child.stdout) throw new Error('The process has no output.')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  child.kill('SIGKILL')
  await once(child, 'exit')

  const again = Project.open(project.directory)
  const run = again.runs.get(line.toString().trim())
  expect(run).toMatchObject({ state: 'interrupted', error: null, bestEpoch: 1, history: [1, 2, 3].map(epoch) })
  again.close()
})

test('a run knows the study that it is part of', () => {
  const project = temporaryProject()
  const study = { id: 's', name: 'Augmentation study' }
  expect(project.runs.create({ ...begin, study }).study).toEqual(study)
  expect(project.runs.create(begin).study).toBeNull()
  project.close()
})

test('runs of the first version are read in terms of today', () => {
  const project = temporaryProject()
  const { id } = project.runs.create(begin)
  const later = {
    trainMacroF1: null,
    validationMacroF1: null,
    gradientNorm: null,
    inputShare: null,
    computeShare: null,
  }
  const metrics = Object.fromEntries(Object.entries(epoch(1)).filter(([name]) => !(name in later)))
  project.database.exec(`UPDATE run SET settings = '${JSON.stringify(storedAtFirst)}' WHERE id = '${id}'`)
  project.database.exec(`INSERT INTO epoch VALUES ('${id}', 1, '${JSON.stringify(metrics)}')`)
  const run = project.runs.get(id)
  expect(run.settings).toEqual(readStoredSettings(storedAtFirst))
  expect(run.settings).toMatchObject({
    schedule: 'oneCycle',
    loss: 'crossEntropy',
    optimizer: 'adamw',
    optimizerSettings: {},
    accumulation: 1,
    layerDecay: 1,
    monitor: 'loss',
    augmentation: { version: 1, randomResizedCrop: { areaMin: 0.4 } },
  })
  expect(run.history).toEqual([{ ...epoch(1), ...later }])
  project.close()
})

test('a run that is taken up again forgets what came after its checkpoint', () => {
  const project = temporaryProject()
  const { id } = project.runs.create(begin)
  for (const number of [1, 2, 3]) project.runs.addEpoch(id, epoch(number), number, detail(number))
  project.runs.addWarning(id, 'Memory ran out.')
  expect(project.runs.epochDetails(id)).toEqual([1, 2, 3].map(detail))
  project.runs.replaceHistory(id, [epoch(1), epoch(2)], [detail(1), detail(2)], 1)
  expect(project.runs.epochDetails(id)).toEqual([1, 2].map(detail))
  expect(project.runs.get(id)).toMatchObject({
    history: [epoch(1), epoch(2)],
    bestEpoch: 1,
    validationLoss: epoch(1).validationLoss,
    warnings: ['Memory ran out.'],
  })
  project.runs.replaceHistory(id, [], [], null)
  expect(project.runs.epochDetails(id)).toEqual([])
  expect(() => project.runs.epochDetails('none')).toThrow('This run is not in the project')
  expect(project.runs.get(id)).toMatchObject({ history: [], bestEpoch: null, validationLoss: null })
  project.close()
})
