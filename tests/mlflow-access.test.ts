/** Real MLflow servers that are reached in other ways: behind a guard, under a path, and without a store of files. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exportOnnx, input, mul } from '../electron/engine/index.ts'
import { Emitter } from '../electron/project/emitter.ts'
import { Library } from '../electron/project/library.ts'
import { OpenProject } from '../electron/project/open-project.ts'
import { epochMetrics, plainSettings } from '../shared/testing.ts'
import { Tracking } from '../electron/tracking/tracking.ts'
import type { TrackingServer } from '../shared/tracking.ts'
import { startGuardedProxy } from './mlflow/guarded-proxy.ts'
import { readRun } from './mlflow/read-run.ts'
import { environment, notRun, startMlflow, type RunningServer } from './mlflow/server.ts'

if (environment === null) console.warn(notRun)

describe.skipIf(environment === null)('an MLflow server', () => {
  const python = environment as NonNullable<typeof environment>
  let root: string
  let server: RunningServer | null = null
  let open: OpenProject
  let tracking: Tracking

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'fleuron-access-'))
    await mkdir(join(root, 'photos'))
    open = new OpenProject({ library: new Library(join(root, 'home')), cover: async () => [] })
    tracking = new Tracking({ project: open, home: join(root, 'home'), onEpoch: new Emitter<void>().event })
    await open.create({ directory: join(root, 'project'), name: 'Access', folder: join(root, 'photos') })
  })
  afterEach(async () => {
    await tracking.mirror.close()
    await open.close()
    await server?.stop()
    server = null
    await rm(root, { recursive: true, force: true })
  })

  /** A run that has ended, with a model. */
  function makeRun(): string {
    const { runs } = open.current()
    const { id } = runs.create({
      settings: plainSettings,
      classes: [{ id: 'a', name: 'Rose' }],
      photos: { train: 7, validation: 2, test: 1 },
    })
    runs.addEpoch(id, epochMetrics({ validationLoss: 0.3, validationAccuracy: 0.75 }), 1)
    const model = join(runs.directory(id), 'model')
    mkdirSync(model)
    const probability = mul(input('image', ['N', 3, 8, 8]), 2)
    writeFileSync(join(model, 'model.onnx'), exportOnnx({ outputs: { probability }, parameters: new Map() }))
    runs.update(id, { state: 'finished', seconds: 9, bestEpoch: 1, hasModel: true })
    return id
  }
  const mirrored = async (access: TrackingServer) => {
    tracking.setServer(access)
    tracking.mirror.retry()
    await tracking.mirror.settled()
    return tracking.mirror.status()
  }
  const whole = {
    runs: 1,
    status: 'FINISHED',
    files: ['curves.png', 'settings.json'],
    models: [{ status: 'READY', files: expect.arrayContaining(['MLmodel', 'model.onnx']) }],
  }

  it('behind a guard takes name and password, or a token, and nothing without them', async () => {
    server = await startMlflow(python, root)
    const proxy = await startGuardedProxy(server)
    try {
      const { url } = proxy
      proxy.demand(`Basic ${Buffer.from('anna:rosé: 7').toString('base64')}`)
      await expect(tracking.test({ url })).rejects.toMatchObject({
        code: 'not-permitted',
        message: expect.stringContaining('asks for a name and password'),
      })
      for (const wrong of [{ user: 'anna', password: 'rose' }, { token: 'anna:rosé: 7' }]) {
        await expect(tracking.test({ url, ...wrong })).rejects.toMatchObject({
          code: 'not-permitted',
          message: expect.stringContaining('does not accept this name and password or token'),
        })
      }
      const password = { url, user: 'anna', password: 'rosé: 7' }
      expect(await tracking.test(password)).toMatchObject({ authenticated: true, artifacts: 'taken' })
      const first = makeRun()
      expect(await mirrored({ url })).toMatchObject({ state: 'waiting', pending: 1 })
      expect(await mirrored(password)).toMatchObject({ state: 'mirrored', pending: 0 })
      expect(await readRun(python, server, first)).toMatchObject(whole)

      proxy.demand('Bearer secret-token')
      const second = makeRun()
      expect(await mirrored(password)).toMatchObject({ state: 'waiting', pending: 1 })
      expect(await mirrored({ url, token: 'secret-token' })).toMatchObject({ state: 'mirrored', pending: 0 })
      expect(await readRun(python, server, second)).toMatchObject(whole)
    } finally {
      await proxy.close()
    }
  })

  it('under a path of its own', async () => {
    server = await startMlflow(python, root, { prefix: '/tracking' })
    expect(await tracking.test({ url: `${server.url}/` })).toMatchObject({ artifacts: 'taken', loggedModels: true })
    await expect(tracking.test({ url: server.url.replace('/tracking', '') })).rejects.toMatchObject({
      message: expect.stringContaining('lacks a path'),
    })
    const run = makeRun()
    const status = await mirrored({ url: server.url })
    expect(status).toMatchObject({ state: 'mirrored', pending: 0 })
    expect(status.runs[0]?.page).toContain('/tracking/#/experiments/')
    expect(await readRun(python, server, run)).toMatchObject(whole)
  })

  it('without a store of files gets the figures, and says what is left out', async () => {
    server = await startMlflow(python, root, { args: ['--no-serve-artifacts'] })
    expect(await tracking.test({ url: server.url })).toMatchObject({
      artifacts: 'elsewhere',
      sentence: expect.stringContaining('runs get there without them'),
    })
    const run = makeRun()
    const status = await mirrored({ url: server.url })
    expect(status).toMatchObject({ state: 'mirrored', pending: 0 })
    expect(status.runs[0]?.sentence).toContain('Mirrored without pictures and model')
    expect(await readRun(python, server, run)).toMatchObject({
      runs: 1,
      status: 'FINISHED',
      files: [],
      params: { model: 'simple_cnn' },
      metrics: { validation_accuracy: [[1, 0.75]] },
    })
  })
})
