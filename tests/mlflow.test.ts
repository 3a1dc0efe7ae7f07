/** Runs mirrored to a real MLflow server, read back with MLflow's own client, and scored by MLflow. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSession, stream } from '../electron/engine/index.ts'
import { startApplication, type StartedApplication } from '../electron/host/start-application.ts'
import { terminalHost } from '../electron/host/terminal.ts'
import { forkComputeProcess } from '../electron/train/compute/fork-compute.ts'
import { drawShapes, trainedFolderNames, quickSettings, shapeNames } from '../electron/train/testing.ts'
import type { Contract } from '../shared/contract.ts'
import type { RunRecord } from '../shared/training.ts'
import { readRun } from './mlflow/read-run.ts'
import { environment, notRun, serveModel, startMlflow, type RunningServer } from './mlflow/server.ts'

if (environment === null) console.warn(notRun)

describe.skipIf(environment === null)('a run on a real MLflow server', () => {
  const python = environment as NonNullable<typeof environment>
  let root: string
  let server: RunningServer
  let application: StartedApplication
  let fleuron: Contract
  let record: RunRecord

  const epochs = 4
  const side = 32
  /** Two images of noise, [2][3][side][side] in 0 … 1. */
  const pixels = stream({ seed: 1, purpose: 'images' }).fillUniform(new Float32Array(2 * 3 * side * side))
  const images = [0, 1].map((image) =>
    [0, 1, 2].map((channel) =>
      Array.from({ length: side }, (_, y) => {
        const start = ((image * 3 + channel) * side + y) * side
        return Array.from(pixels.subarray(start, start + side))
      }),
    ),
  )

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'fleuron-mlflow-'))
    const starting = startMlflow(python, root)
    await drawShapes(join(root, 'photos'), 12)
    application = await startApplication({
      home: join(root, 'home'),
      host: terminalHost(),
      launchCompute: forkComputeProcess,
    })
    fleuron = application.services
    const { task } = await fleuron.projects.create({ folder: join(root, 'photos'), name: 'Shapes: a "test"' })
    await taskEnded(task)
    server = await starting
    await fleuron.tracking.setServer({ url: server.url })
    await fleuron.tracking.setProject({ registeredModel: 'flowers', alias: 'latest-run' })
    const started = await fleuron.training.start({ settings: quickSettings('scratch', { epochs, imageSize: side }) })
    await taskEnded(started.task)
    await fleuron.tracking.sync()
    record = await fleuron.training.run({ run: started.run })
  })
  afterAll(async () => {
    await application?.close()
    await server?.stop()
    await rm(root, { recursive: true, force: true })
  })

  const taskEnded = (task: string) =>
    new Promise<void>((resolve, reject) => {
      const look = ({ id, state, error }: Awaited<ReturnType<Contract['tasks']['list']>>[number]) => {
        if (id !== task || state === 'running') return
        if (state === 'done') resolve()
        else reject(new Error(error?.message ?? state))
      }
      fleuron.tasks.onChanged(look)
      void fleuron.tasks.list().then((tasks) => tasks.forEach(look))
    })

  /** What Fleuron's own engine says of the images. */
  async function ownOutputs(): Promise<Record<string, number[]>> {
    const session = await openSession(join(record.modelDirectory ?? '', 'model.onnx'))
    try {
      const outputs = await session.run({ image: { data: pixels, shape: [2, 3, side, side] } })
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data as Float32Array)]),
      )
    } finally {
      await session.close()
    }
  }

  const expectSame = (theirs: Record<string, unknown>, ours: Record<string, number[]>): void => {
    expect(Object.keys(theirs).sort()).toEqual(Object.keys(ours).sort())
    for (const [name, values] of Object.entries(ours)) {
      const found = (theirs[name] as unknown[]).flat(3) as number[]
      expect(found).toHaveLength(values.length)
      found.forEach((value, index) => {
        expect(Math.abs(value - (values[index] ?? Number.NaN))).toBeLessThan(1e-5)
      })
    }
  }

  it('says what the server is', async () => {
    expect(await fleuron.tracking.test({})).toEqual({
      version: '3.17.2',
      authenticated: false,
      artifacts: 'taken',
      loggedModels: true,
      sentence: 'MLflow 3.17.2 answers, asks for no password, and takes pictures and models.',
    })
    const status = await fleuron.tracking.status()
    expect(status).toMatchObject({ state: 'mirrored', pending: 0, runs: [{ run: record.id, state: 'mirrored' }] })
    expect(status.runs[0]?.page).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#\/experiments\/\d+\/runs\/[0-9a-f]{32}$/)
  })

  it('is there as it was recorded, for MLflow’s own client', async () => {
    const found = await readRun(python, server, record.id, images)
    expect(found).toMatchObject({
      runs: 1,
      name: 'Shapes: a "test" 1',
      experiment: 'Shapes: a "test"',
      status: 'FINISHED',
      start: Date.parse(record.startedAt),
      params: { model: 'simple_cnn', mode: 'scratch', epochs: String(epochs), seed: '1' },
      tags: {
        'fleuron.run': record.id,
        'fleuron.state': 'finished',
        'fleuron.classes': JSON.stringify(shapeNames),
        'mlflow.note.content': expect.stringContaining('trained from scratch on 24 photos of 3 classes'),
        'mlflow.source.name': 'Fleuron',
      },
      datasets: [{ name: 'Shapes: a "test"', profile: { photos: { train: 24, validation: 6, test: 6 } } }],
      files: ['confusion-test.png', 'confusion-validation.png', 'curves.png', 'model-card.md', 'settings.json'],
      models: [{ name: 'Shapes- a -test- 1', status: 'READY', files: trainedFolderNames }],
      outputs: 1,
      versions: [['1', true]],
      aliases: { 'latest-run': '1' },
      parent: null,
    })
    const metrics = found['metrics'] as Record<string, [number, number][]>
    expect(metrics['train_loss']).toEqual(record.history.map(({ epoch, trainLoss }) => [epoch, trainLoss]))
    expect(metrics['validation_accuracy']).toEqual(
      record.history.map(({ epoch, validationAccuracy }) => [epoch, validationAccuracy]),
    )
    expect(metrics['best_epoch']).toEqual([[record.bestEpoch, record.bestEpoch]])
    expect(metrics['test_accuracy']).toHaveLength(1)
    expectSame(found['predictions'] as Record<string, unknown>, await ownOutputs())
  })

  it('has loss and rate of its steps, apart from those of its epochs', async () => {
    const { metrics } = (await readRun(python, server, record.id)) as {
      metrics: Record<string, [step: number, value: number][]>
    }
    const steps = await fleuron.training.steps({ run: record.id })
    expect(steps?.steps).toHaveLength(epochs * (steps?.stepsPerEpoch ?? 0))
    expect(metrics['step_loss']).toEqual(steps?.steps.map((step, index) => [step, steps.losses[index]]))
    expect(metrics['step_learning_rate']).toEqual(steps?.steps.map((step, index) => [step, steps.learningRates[index]]))
    expect(metrics['learning_rate']).toHaveLength(epochs)
  })

  it('stands under its study, which says what was asked and what it came to', async () => {
    const quick = { epochs: 2, imageSize: side, batchSize: 8 }
    const variants = [0.001, 0.01].map((learningRate) => ({
      name: `learningRate ${learningRate}`,
      model: 'simple_cnn',
      mode: 'scratch' as const,
      set: { ...quick, learningRate },
    }))
    const { study, task } = await fleuron.studies.start({
      spec: { name: 'Rates', kind: 'sweep', variants, seeds: [1, 2], stopHopeless: false },
    })
    await taskEnded(task)
    await fleuron.tracking.sync()
    const { runs, summary } = await fleuron.studies.get({ study })
    const parents = await Promise.all(
      runs.map(async ({ run }) => (await readRun(python, server, run ?? ''))['parent'] as Record<string, unknown>),
    )
    for (const parent of parents) expect(parent).toEqual(parents[0])
    expect(parents[0]).toMatchObject({
      name: 'Rates',
      status: 'FINISHED',
      params: {
        study: 'sweep',
        seeds: '1, 2',
        variants: '2',
        model: 'simple_cnn',
        epochs: '2',
        'varied/learningRate': '0.001, 0.01',
      },
      metrics: {
        runs_done: 4,
        best_validation_accuracy: Math.max(...runs.map(({ validationAccuracy }) => validationAccuracy ?? 0)),
        'mean_validation_accuracy/learningRate 0.001': summary[0]?.validation?.mean,
        'mean_validation_accuracy/learningRate 0.01': summary[1]?.validation?.mean,
      },
      files: ['study.json', 'study.md'],
    })
  })

  it('is scored by MLflow’s server straight from its folder, with the same outputs', async () => {
    const scoring = await serveModel(python, record.modelDirectory ?? '', root)
    try {
      const answer = await fetch(`${scoring.url}/invocations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ inputs: { image: images } }),
      })
      expect(answer.status).toBe(200)
      const { predictions } = (await answer.json()) as { predictions: Record<string, unknown> }
      expectSame(predictions, await ownOutputs())
      expect((await readdir(record.modelDirectory ?? '')).sort()).toEqual(trainedFolderNames)
    } finally {
      await scoring.stop()
    }
  })
})
