import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Settings, TrainingService } from '../../shared/contract.ts'
import type { RunRecord, RunSummary, TrainProgress, TrainSettings } from '../../shared/training.ts'
import { createProject } from '../dataset/import.ts'
import { Library } from '../project/library.ts'
import { OpenProject } from '../project/open-project.ts'
import { Tasks } from '../project/tasks.ts'
import { ComputeClient } from '../train/compute/compute-client.ts'
import { forkComputeProcess } from '../train/compute/fork-compute.ts'
import {
  drawShapes,
  trainedFolderNames,
  quickSettings,
  temporaryFolder,
  writeUntrainedWeights,
  untimed,
} from '../train/testing.ts'
import { createTrainingServices } from './training.ts'

const folder = temporaryFolder()
const photos = join(folder.path, 'photos')
const weights = join(folder.path, 'weights', 'vit_tiny_patch16_224.safetensors')
beforeAll(async () => {
  await drawShapes(photos, 12)
  mkdirSync(join(folder.path, 'weights'))
  writeUntrainedWeights(weights)
})
afterAll(() => folder[Symbol.dispose]())

let tasks: Tasks
let open: OpenProject
let compute: ComputeClient
let training: TrainingService
let told: TrainProgress[]
let changes: RunSummary[]
let settings: Settings
let library: Library
let count = 0

/** An application's worth of rooms around the training service, with a project of the shapes open. */
beforeEach(async () => {
  const home = join(folder.path, `home-${++count}`)
  library = new Library(home)
  tasks = new Tasks()
  open = new OpenProject({ library, cover: async () => [] })
  compute = new ComputeClient(forkComputeProcess)
  settings = { theme: 'system', autoAdvance: true, weights: null, keys: {}, device: 'automatic', notify: true }
  ;({ training } = createTrainingServices({
    project: open,
    tasks,
    compute,
    home,
    version: '0.0.0',
    settings: { get: async () => settings },
    device: async () => ({ device: 'cpu', note: null }),
  }))
  ;[told, changes] = [[], []]
  training.onProgress((progress) => told.push(progress))
  training.onChanged((summary) => changes.push(summary))
  const { reading } = await createProject(open, tasks, { folder: photos })
  await reading.finished
})

afterEach(async () => {
  await tasks.close()
  await compute.close()
  await open.close()
})

/** The run when it has ended. */
function ended(run: string): Promise<RunRecord> {
  return new Promise((resolve) => {
    const look = async () => {
      const record = await training.run({ run })
      if (record.state !== 'running') resolve(record)
    }
    training.onChanged(() => void look())
    void look()
  })
}

/** Resolves once this epoch has ended, or the next one whichever that is. */
const epochEnded = (epoch?: number): Promise<void> =>
  new Promise((resolve) =>
    training.onProgress(({ completed }) => {
      if (completed !== null && (epoch === undefined || completed.epoch === epoch)) resolve()
    }),
  )

/** Ends the compute process from outside, as the system does when memory runs out. */
function killCompute(): void {
  const children = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'compute.ts'], { encoding: 'utf8' })
  for (const pid of children.trim().split('\n')) process.kill(Number(pid), 'SIGKILL')
}

const quick = quickSettings('scratch', { epochs: 3 })
const endless = quickSettings('scratch', { epochs: 5000 })

describe('the training service', () => {
  it('trains, tells how it goes, and keeps everything about the run', async () => {
    const { run, task } = await training.start({ settings: quick })
    expect(changes[0]).toMatchObject({ id: run, number: 1, state: 'running', hasModel: false })
    await expect(training.start({ settings: quick })).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining('Run 1 is still training'),
    })
    const record = await ended(run)
    expect(record).toMatchObject({
      state: 'finished',
      hasModel: true,
      error: null,
      photos: { train: 24, validation: 6, test: 6 },
    })
    expect(record.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
    expect(record.classes.map(({ name }) => name)).toEqual(['circle', 'square', 'triangle'])
    expect(record.validationAccuracy).toBeGreaterThan(0.5)
    expect(tasks.list().find(({ id }) => id === task)?.state).toBe('done')
    expect(new Set(told.map(({ phase }) => phase))).toEqual(new Set(['preparing', 'training', 'testing', 'saving']))
    const predictions = open.current().runs.predictions(run, 'validation')
    expect(predictions).toHaveLength(6)
    expect(record.classes.map(({ id }) => id)).toContain(predictions[0]?.label)

    const details = await training.epochDetails({ run })
    expect(details).toEqual(told.flatMap(({ detail }) => (detail === null ? [] : [detail])))
    expect(details.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
    expect(details[0]?.photos).toEqual([2, 2, 2])
    expect(details[0]?.watched.map(({ label }) => label)).toEqual([0, 0, 1, 1, 2, 2])

    // The list of recent projects knows at once, should the process be killed now.
    await vi.waitFor(() => expect(library.recent()[0]?.bestAccuracy).toBe(record.validationAccuracy))

    const to = join(folder.path, 'exported')
    mkdirSync(to)
    const { directory } = await training.exportModel({ run, to })
    expect(directory).toBe(join(to, 'photos run 1'))
    expect(readdirSync(directory).sort()).toEqual(trainedFolderNames)
    await expect(training.exportModel({ run, to })).rejects.toMatchObject({ code: 'conflict' })

    const option = (await training.options()).find(({ model }) => model === 'simple_cnn')
    expect(option).toMatchObject({ bestAccuracy: record.validationAccuracy, recommended: true, weights: 'not-needed' })
    const plan = await training.plan({ settings: quick })
    expect(plan).toMatchObject({ photos: { train: 24, validation: 6, test: 6 }, problems: [] })
    expect(plan.seconds).toBeGreaterThan(0)
    expect(plan.rates).toHaveLength(97)
  })

  it('gives the same numbers when a run is run again, and writes down what reproduces it', async () => {
    const first = await ended((await training.start({ settings: quick })).run)
    const again = await ended((await training.start({ settings: first.settings })).run)
    expect(untimed(again.history)).toEqual(untimed(first.history))
    expect(await training.epochDetails({ run: again.id })).toEqual(await training.epochDetails({ run: first.id }))
    const { runs } = open.current()
    expect(runs.predictions(again.id, 'test')).toEqual(runs.predictions(first.id, 'test'))
    expect(again.origin).toEqual(first.origin)
    expect(first.origin).toEqual({
      fingerprint: expect.stringMatching(/^[\da-f]{64}$/),
      version: '0.0.0',
      node: process.versions.node,
      onnxruntime: expect.stringMatching(/^\d+\.\d+/),
      device: { name: expect.any(String), threads: expect.any(Number) },
      weights: null,
    })
    expect(first.testAccuracy).toBeGreaterThanOrEqual(0)
  })

  it('stops with the best epoch, cancels without a model, and goes on to the next run', async () => {
    const first = await training.start({ settings: endless })
    await epochEnded(2)
    await training.stop({ run: first.run })
    expect(await ended(first.run)).toMatchObject({ state: 'stopped', hasModel: true, error: null })

    const second = await training.start({ settings: endless })
    await epochEnded(1)
    await training.cancel({ run: second.run })
    const cancelled = await ended(second.run)
    expect(cancelled).toMatchObject({ number: 2, state: 'cancelled', hasModel: false, error: null })
    expect(cancelled.history.length).toBeGreaterThan(0)
    await training.stop({ run: second.run })
    await expect(training.stop({ run: 'nobody' })).rejects.toMatchObject({ code: 'not-found' })
    await expect(training.exportModel({ run: second.run, to: folder.path })).rejects.toMatchObject({
      code: 'not-ready',
    })
  })

  it.skipIf(process.platform === 'win32')(
    'loses nothing but the epoch in hand when the compute process is killed',
    async () => {
      const { run, task } = await training.start({ settings: endless })
      await epochEnded(3)
      killCompute()
      const record = await ended(run)
      expect(record).toMatchObject({ state: 'interrupted', hasModel: true, error: { code: 'compute-failed' } })
      expect(record.error?.message).toMatch(
        /signal SIGKILL.*The model of epoch \d+, the best until then, was kept; the run can be resumed\.$/,
      )
      expect(record.history.length).toBeGreaterThanOrEqual(3)
      expect(existsSync(join(record.modelDirectory ?? '', 'model.onnx'))).toBe(true)
      expect(tasks.list().find(({ id }) => id === task)).toMatchObject({
        state: 'failed',
        error: { code: 'compute-failed' },
      })

      const next = await training.start({ settings: quick })
      expect(await ended(next.run)).toMatchObject({ number: 2, state: 'finished' })
    },
  )

  it('trains on a frozen backbone when its weights are there, and says what to do when they are not', async () => {
    const frozen = quickSettings('frozen', { epochs: 5 })
    expect((await training.options()).find(({ mode }) => mode === 'frozen')).toMatchObject({
      weights: 'download',
      recommended: false,
      download: { licence: 'apache-2.0', source: expect.stringContaining('timm/vit_tiny_patch16_224') },
    })
    await expect(training.start({ settings: frozen })).rejects.toMatchObject({ code: 'not-ready' })

    settings = { ...settings, weights: join(folder.path, 'weights') }
    expect((await training.options()).find(({ mode }) => mode === 'frozen')).toMatchObject({
      weights: 'at-hand',
      recommended: true,
      download: null,
    })
    const { run } = await training.start({ settings: frozen })
    expect(await ended(run)).toMatchObject({ state: 'finished', hasModel: true })
    expect(new Set(told.map(({ phase }) => phase))).toContain('features')

    const spoiled = join(folder.path, 'spoiled.safetensors')
    writeFileSync(spoiled, readFileSync(weights))
    truncateSync(spoiled, 1_000_000)
    settings = { ...settings, weights: spoiled }
    const broken = await ended((await training.start({ settings: frozen })).run)
    expect(broken).toMatchObject({ state: 'failed', hasModel: false, error: { code: 'unreadable' } })
    expect(broken.error?.message).toContain('spoiled.safetensors')
  })

  it('names what is wrong before anything begins', async () => {
    await expect(training.start({ settings: { ...quick, imageSize: 33, mode: 'frozen' } })).rejects.toMatchObject({
      code: 'invalid-input',
    })
    const odd = quickSettings('frozen', { imageSize: 100 })
    await expect(training.start({ settings: odd })).rejects.toMatchObject({
      code: 'not-ready',
      message: expect.stringContaining('multiples of 16'),
    })
    expect((await training.plan({ settings: odd })).problems).toHaveLength(1)
    const project = open.current()
    const circle = project.classes.list()[0]
    for (const { id } of project.classes.list().slice(1)) {
      project.labels.set(project.photos.ids({ classId: id }, 'name'), circle?.id ?? null)
    }
    await expect(training.start({ settings: quick })).rejects.toMatchObject({
      code: 'not-ready',
      message: expect.stringContaining('at least one other class'),
    })
    expect(await training.runs()).toEqual([])
  })

  it('ends with its project, which knows about it afterwards', async () => {
    const { run } = await training.start({ settings: endless })
    await epochEnded(1)
    const { directory } = open.current()
    const letGo = new Promise<void>((resolve) =>
      tasks.onChanged(({ kind, state }) => kind === 'train' && state !== 'running' && resolve()),
    )
    await open.close()
    await open.open(directory)
    expect(await training.run({ run })).toMatchObject({ state: 'interrupted', error: null })
    await letGo
    const next = await training.start({ settings: quick })
    expect(await ended(next.run)).toMatchObject({ number: 2, state: 'finished' })
    await training.resume({ run })
    // How many epochs had ended before the project was closed is not known: epochs of so few photos are short.
    await epochEnded()
    await training.stop({ run })
    expect(await ended(run)).toMatchObject({ number: 1, state: 'stopped', hasModel: true })
    await expect(training.resume({ run })).rejects.toMatchObject({ code: 'not-ready' })
  })

  it('pauses, and goes on as if nothing had happened, whatever became of the labels', async () => {
    // So many epochs that the wish arrives before the last of them.
    const longer = { ...quick, epochs: 30 }
    const undisturbed = await ended((await training.start({ settings: longer })).run)
    const { run } = await training.start({ settings: longer })
    await epochEnded(1)
    await training.pause({ run })
    const paused = await ended(run)
    expect(paused).toMatchObject({ state: 'paused', error: null, hasModel: false })
    expect(paused.history.length).toBeLessThan(longer.epochs)
    const project = open.current()
    const classes = project.classes.list()
    project.labels.set(project.photos.ids({ classId: classes[0]?.id }, 'name').slice(0, 3), classes[1]?.id ?? null)
    await training.resume({ run })
    const resumed = await ended(run)
    expect(resumed).toMatchObject({ state: 'finished', hasModel: true })
    expect(untimed(resumed.history)).toEqual(untimed(undisturbed.history))
    expect(await training.steps({ run })).toEqual(await training.steps({ run: undisturbed.id }))
    const model = (record: RunRecord) => readFileSync(join(record.modelDirectory ?? '', 'model.onnx'))
    expect(model(resumed).equals(model(undisturbed))).toBe(true)
  })

  it('looks for a learning rate, and trains within a time', async () => {
    await expect(training.rateSearch({ task: 'nobody' })).rejects.toMatchObject({ code: 'not-found' })
    const done = (id: string) =>
      new Promise<string>((resolve) =>
        tasks.onChanged((task) => task.id === id && task.state !== 'running' && resolve(task.state)),
      )
    const { task } = await training.findRate({ settings: quick })
    await expect(training.findRate({ settings: quick })).rejects.toMatchObject({ code: 'in-use' })
    expect(await done(task)).toBe('done')
    const { points, valley } = await training.rateSearch({ task })
    expect(points.length).toBeGreaterThan(30)
    expect(valley).toBeGreaterThan(1e-7)
    expect(valley).toBeLessThan(1)
    expect(await training.runs()).toEqual([])
    const planned = async (part: Partial<TrainSettings>) =>
      (await training.plan({ settings: { ...quick, ...part } })).warnings.filter((text) => text.includes('the search'))
    // It looked at neither the rate nor the length of the run, and at the photos' size it did.
    const rate = Math.min(10, 6 * (valley ?? 1))
    expect(await planned({ learningRate: rate, epochs: 3, seed: 5 })).toHaveLength(1)
    expect(await planned({ learningRate: valley ?? 1 })).toEqual([])
    expect(await planned({ learningRate: rate, imageSize: 64 })).toEqual([])

    const { run } = await training.start({ settings: { ...quick, timeBudget: 0.02 } })
    const record = await ended(run)
    expect(record.state).toBe('finished')
    expect(record.settings.epochs).not.toBe(quick.epochs)
    expect(record.history.reduce((sum, { seconds }) => sum + seconds, 0)).toBeLessThan(60)
  })
})
