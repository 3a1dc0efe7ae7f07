import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunOrigin } from '../../shared/run-origin.ts'
import type { Project } from './project.ts'
import { listArtefacts } from './run-artefacts.ts'
import { correctedPhotos, correctedRuns, listOverviews, readHistories } from './run-table.ts'
import { epochMetrics, plainSettings } from '../../shared/testing.ts'
import { newPhoto, temporaryProject } from './testing.ts'

const epoch = (number: number, loss: number) =>
  epochMetrics({ epoch: number, trainAccuracy: 0.8, validationLoss: loss, validationAccuracy: 0.7 })
const origin = (fingerprint: string): RunOrigin => ({
  fingerprint,
  version: '0.1.0',
  node: '24.0.0',
  onnxruntime: null,
  device: { name: 'Processor', threads: 2 },
  weights: null,
})

function startRun(project: Project, fingerprint?: string): string {
  const { id } = project.runs.create({
    settings: plainSettings,
    classes: [],
    photos: { train: 7, validation: 2, test: 1 },
  })
  if (fingerprint !== undefined) project.runs.update(id, { origin: origin(fingerprint) })
  return id
}

test('a row has the figures of the best epoch, and what was noted', () => {
  const project = temporaryProject()
  const first = startRun(project, 'data')
  const second = startRun(project)
  for (const metrics of [epoch(1, 0.9), epoch(2, 0.4), epoch(3, 0.6)]) project.runs.addEpoch(first, metrics, 2)
  project.runs.update(first, {
    bestEpoch: 2,
    testAccuracy: 0.5,
    tags: ['baseline'],
    notes: 'Too dark.',
    archived: true,
    warnings: ['Few photos.'],
  })
  const [newer, older] = listOverviews(project.database)
  expect(newer).toMatchObject({ id: second, number: 2, epochs: 0, best: null, origin: null, tags: [], archived: false })
  expect(older).toMatchObject({
    id: first,
    settings: plainSettings,
    epochs: 3,
    best: epoch(2, 0.4),
    testAccuracy: 0.5,
    tags: ['baseline'],
    notes: 'Too dark.',
    archived: true,
    origin: origin('data'),
  })
  expect(listOverviews(project.database, [first]).map(({ id }) => id)).toEqual([first])
  expect(project.runs.get(first)).toMatchObject({ origin: origin('data'), warnings: ['Few photos.'], archived: true })
  expect(readHistories(project.database, [second, first])).toEqual([
    { run: second, history: [] },
    { run: first, history: [epoch(1, 0.9), epoch(2, 0.4), epoch(3, 0.6)] },
  ])
})

test('runs know how many of their photos have another label by now', () => {
  const project = temporaryProject()
  const [rose, tulip] = [project.labels.createClass('Rose').id, project.labels.createClass('Tulip').id]
  project.photos.add(['1.jpg', '2.jpg', '3.jpg', '4.jpg'].map((path) => newPhoto(path, { classId: rose })))
  const ids = project.photos.ids({}, 'name')
  const predictions = ids.map((photo, index) => ({
    photo,
    split: index < 2 ? ('test' as const) : ('train' as const),
    label: rose,
    probabilities: new Float32Array([1, 0]),
    score: 0,
  }))
  const [first, same, other] = [startRun(project, 'data'), startRun(project, 'data'), startRun(project)]
  for (const run of [first, same, other]) project.runs.savePredictions(run, predictions)
  startRun(project, 'data')
  expect(correctedRuns(project.database)).toEqual([])

  project.labels.set([ids[0] as string, ids[2] as string], tulip)
  project.labels.exclude([ids[1] as string], true)
  const photos = { train: 1, validation: 0, test: 2 }
  expect(correctedPhotos(project.database, other)).toEqual(photos)
  expect(correctedRuns(project.database)).toEqual([first, same, other].map((run) => ({ run, photos })))
  project.labels.undo()
  project.labels.set([ids[0] as string], null)
  expect(correctedPhotos(project.database, first)).toEqual({ train: 1, validation: 0, test: 1 })
})

test('the files of a run are listed', () => {
  const project = temporaryProject()
  const directory = project.runs.directory(startRun(project))
  mkdirSync(join(directory, 'model'))
  writeFileSync(join(directory, 'model', 'model.onnx'), 'four')
  writeFileSync(join(directory, 'checkpoint.safetensors'), '')
  expect(listArtefacts(directory)).toEqual([
    { path: 'checkpoint.safetensors', bytes: 0 },
    { path: 'model/model.onnx', bytes: 4 },
  ])
  expect(listArtefacts(join(directory, 'gone'))).toEqual([])
})
