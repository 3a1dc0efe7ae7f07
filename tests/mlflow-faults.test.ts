/** Between the outbox and a real MLflow server everything is lost once: nothing may be there twice, nothing missing. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportOnnx, input, mul } from '../electron/engine/index.ts'
import { Emitter } from '../electron/project/emitter.ts'
import { Library } from '../electron/project/library.ts'
import { OpenProject } from '../electron/project/open-project.ts'
import { plainSettings } from '../shared/testing.ts'
import { Tracking } from '../electron/tracking/tracking.ts'
import type { EpochMetrics } from '../shared/training.ts'
import { startFaultyProxy, type Fault } from './mlflow/faulty-proxy.ts'
import { readRun } from './mlflow/read-run.ts'
import { environment, notRun, startMlflow, type RunningServer } from './mlflow/server.ts'

if (environment === null) console.warn(notRun)

/** Calls that make something new each time, and would have it twice. */
const makes = /POST .*\/(experiments\/create|runs\/create|logged-models|runs\/outputs|model-versions\/create)$/
/** In this order: once the server has done its work, it is not asked for it again. */
const faultsOfMaking: readonly Fault[] = ['cut-before', 'cut-middle', 'error-500', 'busy-503', 'late', 'cut-after']
const faultsOfOthers: readonly Fault[] = ['cut-after', 'error-after', 'cut-before']

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
  trainMacroF1: null,
  validationLoss: 0.1 + 0.2,
  validationAccuracy: 2 / 3,
  validationMacroF1: 0.5,
  learningRate: 1e-3,
  gradientNorm: 2,
  inputShare: 0.125,
  computeShare: 0.75,
  seconds: 1.5,
  imagesPerSecond: 46.7,
})

describe.skipIf(environment === null)('mirroring over a connection that loses everything once', () => {
  const python = environment as NonNullable<typeof environment>
  let root: string
  let server: RunningServer
  let open: OpenProject
  let tracking: Tracking

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'fleuron-faults-'))
    await mkdir(join(root, 'photos'))
    server = await startMlflow(python, root)
    const library = new Library(join(root, 'home'))
    open = new OpenProject({ library, cover: async () => [] })
    tracking = new Tracking({ project: open, home: join(root, 'home'), onEpoch: new Emitter<void>().event })
    await open.create({ directory: join(root, 'project'), name: 'Faults', folder: join(root, 'photos') })
  })
  afterAll(async () => {
    await tracking?.mirror.close()
    await open?.close()
    await server?.stop()
    await rm(root, { recursive: true, force: true })
  })

  const sync = async () => {
    tracking.mirror.retry()
    await tracking.mirror.settled()
    return tracking.mirror.status()
  }
  /** Tries until all is there; after every fifth time the project is opened anew, as by a restart. */
  const persist = async ({ restarts }: { restarts: boolean }) => {
    for (let attempt = 1; ; attempt++) {
      const { state, sentence } = await sync()
      if (state === 'mirrored') return attempt
      expect(state, sentence).toBe('waiting')
      if (restarts && attempt % 5 === 0) {
        await open.close()
        await open.open(join(root, 'project'))
      }
    }
  }

  it('has everything there once', async () => {
    const met = new Map<string, number>()
    const proxy = await startFaultyProxy(server, (method, path) => {
      const call = `${method} ${path.split('?')[0]}`
      const times = met.get(call) ?? 0
      met.set(call, times + 1)
      return (makes.test(call) ? faultsOfMaking : faultsOfOthers)[times] ?? 'pass'
    })
    try {
      tracking.setServer({ url: proxy.url })
      tracking.setProject({ registeredModel: 'flowers', alias: 'latest-run' })
      const study = { id: 'study1', name: 'Augmentation study' }
      const { id } = open.current().runs.create({ ...begin, study })
      open.current().runs.addEpoch(id, epoch(1), 1)
      await persist({ restarts: false })
      // While it is training the server has the epochs until now.
      expect(await readRun(python, server, id)).toMatchObject({ runs: 1, status: 'RUNNING' })

      open.current().runs.addEpoch(id, epoch(2), 2)
      open.current().runs.addEpoch(id, epoch(3), 3)
      const model = join(open.current().runs.directory(id), 'model')
      mkdirSync(model)
      const probability = mul(input('image', ['N', 3, 8, 8]), 2)
      writeFileSync(join(model, 'model.onnx'), exportOnnx({ outputs: { probability }, parameters: new Map() }))
      open.current().runs.update(id, { state: 'finished', seconds: 9, bestEpoch: 3, hasModel: true })
      await persist({ restarts: true })

      const lost = new Set(proxy.log.map(({ fault }) => fault))
      expect([...lost].sort()).toEqual([...new Set([...faultsOfMaking, ...faultsOfOthers, 'pass'])].sort())
      const found = await readRun(python, server, id)
      expect(found).toMatchObject({
        runs: 1,
        status: 'FINISHED',
        parent: { name: 'Augmentation study', status: 'FINISHED' },
        outputs: 1,
        versions: [[expect.any(String), true]],
        models: [{ status: 'READY', files: expect.arrayContaining(['MLmodel', 'model.onnx']) }],
        files: ['curves.png', 'settings.json'],
        datasets: [],
      })
      const [version] = (found['versions'] as [string, boolean][]).map(([number]) => number)
      expect(found['aliases']).toEqual({ 'latest-run': version })
      const metrics = found['metrics'] as Record<string, unknown>
      expect(metrics['train_loss']).toEqual([1, 2, 3].map((number) => [number, epoch(number).trainLoss]))
      expect(metrics['best_epoch']).toEqual([[3, 3]])
    } finally {
      await proxy.close()
    }
  })

  it('waits for a server that is away, says so, and goes on by itself when it is back', async () => {
    const away = await startFaultyProxy(server, () => 'pass')
    tracking.setServer({ url: away.url })
    await away.close()
    const { id } = open.current().runs.create(begin)
    open.current().runs.update(id, { state: 'cancelled', seconds: 1 })
    const waiting = await sync()
    expect(waiting).toMatchObject({ state: 'waiting', pending: 2 })
    expect(waiting.sentence).toMatch(
      /^Waiting since .*: http:\/\/127\.0\.0\.1:\d+ cannot be reached: nobody answers there/,
    )
    expect(waiting.runs[0]).toMatchObject({ run: id, state: 'waiting', page: null })

    const back = await startFaultyProxy(server, () => 'pass', away.port)
    try {
      await new Promise<void>((done) => tracking.mirror.onChanged(({ state }) => state === 'mirrored' && done()))
      expect(await readRun(python, server, id)).toMatchObject({ runs: 1, status: 'KILLED', models: [], parent: null })
    } finally {
      await back.close()
    }
  })

  it('says what is wrong with what is no MLflow server', async () => {
    const page = await startFaultyProxy(server, () => 'busy-503')
    await expect(tracking.test({ url: page.url })).rejects.toMatchObject({ code: 'offline' })
    await page.close()
    await expect(tracking.test({ url: page.url })).rejects.toMatchObject({
      code: 'offline',
      message: expect.stringContaining('nobody answers there'),
    })
    await expect(tracking.test({ url: `${server.url}/some/where` })).rejects.toMatchObject({
      code: 'not-permitted',
      message: expect.stringContaining('is no MLflow server, or its address lacks a path'),
    })
  })
})
