import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FleuronError } from '../../../shared/errors.ts'
import type { EpochDetail } from '../../../shared/epoch-detail.ts'
import type { EpochMetrics, TrainSettings } from '../../../shared/training.ts'
import { linear, stream, TrainingSession } from '../../engine/index.ts'
import { matrix } from '../../evaluate/matrix.ts'
import { hasCheckpoint, readCheckpoint } from './checkpoint.ts'
import { defaultSettings } from '../settings/settings.ts'
import { temporaryFolder, untimed } from '../testing.ts'
import { optimizerChoice } from './session-plan.ts'
import type { LoopBatch } from './train-epoch.ts'
import { runEpochs, type LoopOptions, type LoopResult } from './train-loop.ts'

const base: TrainSettings = {
  ...defaultSettings('vit_tiny_patch16_224', 'frozen', 100),
  epochs: 6,
  batchSize: 10,
  learningRate: 0.1,
  patience: 0,
}

/** Points on either side of a line, some on the wrong side. */
function points(count: number, seed: number): Omit<LoopBatch, 'place'> {
  const random = stream({ seed, purpose: 'points' })
  const inputs = Float32Array.from({ length: 2 * count }, () => random.normal())
  const labels = Int32Array.from({ length: count }, (_, index) =>
    Number((inputs[2 * index] as number) + (inputs[2 * index + 1] as number) + 0.3 * random.normal() > 0),
  )
  return { inputs, labels }
}
const batches = [1, 2, 3, 4].map((seed, place) => ({ ...points(10, seed), place }))
const validation = points(40, 9)
const validationPhotos = Array.from({ length: 40 }, (_, index) => String(index))
const shape = { batchSize: 10, accumulation: 1, stepsPerEpoch: batches.length, classes: 2, checkpointSeconds: 0 }

const folders: Disposable[] = []
let folder: { path: string } & Disposable
let session: TrainingSession
beforeEach(async () => {
  folder = temporaryFolder()
  folders.push(folder)
  session = await TrainingSession.create({
    model: (pass, batch) =>
      linear(
        batch,
        pass.parameter('head.weight', [2, 2], { kind: 'constant', value: 0 }),
        pass.parameter('head.bias', [2], { kind: 'constant', value: 0 }),
      ),
    inputShape: [2],
    classes: 2,
    batchSize: 10,
    targets: 'labels',
    optimizer: optimizerChoice(base),
    parameters: new Map([
      ['head.weight', new Float32Array(4)],
      ['head.bias', new Float32Array(2)],
    ]),
    execution: { threads: 1 },
  })
})
afterEach(() => session.close())
afterAll(() => folders.forEach((each) => each[Symbol.dispose]()))

interface Watch {
  stepped?: (batch: number, pause: () => void) => unknown
  resumed?: LoopOptions['resumed']
  afterEpoch?: (epoch: number, stop: () => void, cancel: () => void) => unknown
  validate?: LoopOptions['validate']
  batchesOf?: LoopOptions['batches']
}

async function run(
  changes: Partial<TrainSettings> = {},
  { stepped, afterEpoch, validate, resumed = null, batchesOf = (_, from) => batches.slice(from) }: Watch = {},
): Promise<{ result: LoopResult; epochs: EpochMetrics[]; details: EpochDetail[] }> {
  const [stop, cancel] = [new AbortController(), new AbortController()]
  const [epochs, details]: [EpochMetrics[], EpochDetail[]] = [[], []]
  const result = await runEpochs({
    session,
    settings: { ...base, ...changes },
    ...shape,
    resumed,
    batches: batchesOf,
    validate:
      validate ??
      (async () => ({
        logits: matrix(await session.predict(validation.inputs), 2),
        labels: validation.labels,
        photos: validationPhotos,
      })),
    watched: [validationPhotos[3] as string, 'gone'],
    directory: folder.path,
    context: { stop: stop.signal, breathe: async () => cancel.signal.throwIfAborted() },
    progress: {
      begin: () => undefined,
      seconds: () => 0,
      advance: (_, where) => stepped?.(where?.batch ?? 0, () => stop.abort('pause')),
      epochEnded: (metrics, detail) => {
        epochs.push(metrics)
        details.push(detail)
        afterEpoch?.(
          metrics.epoch,
          () => stop.abort('stop'),
          () => cancel.abort(new FleuronError('cancelled', 'Cancelled.')),
        )
      },
    },
  })
  return { result, epochs, details }
}

/** Validation losses as told, whatever the model says: probabilities of the right class of one photo. */
function scripted(probabilities: number[]): LoopOptions['validate'] {
  const rest = probabilities.values()
  return async () => {
    const probability = rest.next().value ?? 0.5
    return {
      logits: matrix(Float32Array.of(Math.log(probability), Math.log(1 - probability)), 2),
      labels: [0],
      photos: ['0'],
    }
  }
}

describe('the training loop', () => {
  it('learns, and keeps the values of the epoch with the lowest validation loss', async () => {
    const { result, epochs } = await run({}, { validate: scripted([0.4, 0.6, 0.9, 0.5, 0.7, 0.8]) })
    expect(result).toMatchObject({ ended: 'finished', best: { epoch: 3 }, error: null })
    expect(epochs).toHaveLength(6)
    expect(epochs[0]?.validationLoss).toBeCloseTo(-Math.log(0.4), 5)
    expect(epochs[5]?.trainLoss).toBeLessThan(epochs[0]?.trainLoss as number)
    expect([...(result.best?.values.keys() ?? [])].sort()).toEqual(['head.bias', 'head.weight'])
    expect(result.best?.values.get('head.weight')).not.toEqual((await session.parameters()).get('head.weight'))
    const checkpoint = readCheckpoint(folder.path)
    expect(checkpoint.best).toEqual(result.best)
    expect(checkpoint.position).toMatchObject({ history: epochs, epoch: null })
    expect(checkpoint.last).toEqual(await session.readState())
  })

  it('ends early when nothing has improved for long enough', async () => {
    const { result, epochs } = await run(
      { epochs: 50, patience: 2 },
      { validate: scripted([0.4, 0.6, 0.59, 0.61, 0.6, 0.6]) },
    )
    expect(result).toMatchObject({ ended: 'finished', best: { epoch: 4 } })
    expect(epochs).toHaveLength(6)
  })

  it('stops when asked and keeps the best epoch', async () => {
    const { result, epochs } = await run(
      { epochs: 50 },
      { afterEpoch: (epoch, stop) => epoch === 3 && stop(), validate: scripted([0.4, 0.7, 0.6]) },
    )
    expect(result).toMatchObject({ ended: 'stopped', best: { epoch: 2 } })
    expect(epochs).toHaveLength(3)
  })

  it('has nothing to keep when it is stopped in its first epoch', async () => {
    const stop = AbortSignal.abort('stop')
    const ignore = () => undefined
    const progress = { begin: ignore, advance: ignore, epochEnded: ignore, seconds: () => 0 }
    const stopped = runEpochs({
      session,
      settings: base,
      ...shape,
      resumed: null,
      batches: () => batches,
      validate: scripted([]),
      watched: [],
      directory: folder.path,
      context: { stop, breathe: () => Promise.resolve() },
      progress,
    })
    await expect(stopped).rejects.toMatchObject({ code: 'not-ready' })
    expect(hasCheckpoint(folder.path)).toBe(false)
  })

  it('has all the figures of an epoch, and the same when it was paused in the middle of it', async () => {
    const fresh = await session.readState()
    const whole = await run({ epochs: 3 })
    const weights = await session.readState()
    expect(whole.epochs[0]).toMatchObject({
      trainMacroF1: expect.closeTo(whole.epochs[0]?.trainAccuracy ?? 0, 1),
      validationMacroF1: expect.closeTo(whole.epochs[0]?.validationAccuracy ?? 0, 1),
    })
    expect(whole.epochs[0]?.gradientNorm).toBeGreaterThan(0)
    const { inputShare, computeShare } = whole.epochs[0] as EpochMetrics
    expect(inputShare).toBeGreaterThan(0)
    expect(computeShare).toBeGreaterThan(0)
    expect((inputShare ?? 0) + (computeShare ?? 0)).toBeLessThanOrEqual(1)
    expect(whole.details.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
    const [first] = whole.details
    const right = (first?.found ?? []).reduce((sum, count) => sum + count, 0)
    expect(right / 40).toBe(whole.epochs[0]?.validationAccuracy)
    expect(first?.watched).toEqual([
      { photo: '3', label: validation.labels[3], called: expect.any(Number), probability: expect.any(Number) },
    ])

    await session.writeState(fresh)
    let batch = 0
    const paused = await run({ epochs: 3 }, { stepped: (_, pause) => ++batch === 6 && pause() })
    expect(paused.result).toMatchObject({ ended: 'paused', best: { epoch: 1 } })
    const checkpoint = readCheckpoint(folder.path)
    expect(checkpoint.position.epoch).toMatchObject({ place: 2, images: 20 })
    await session.writeState(fresh)
    await session.writeState(checkpoint.last)
    const { result } = await run({ epochs: 3 }, { resumed: checkpoint })
    expect(await session.readState()).toEqual(weights)
    expect(untimed(readCheckpoint(folder.path).position.history)).toEqual(untimed(whole.epochs))
    expect(readCheckpoint(folder.path).position.details).toEqual(whole.details)
    expect(result.best).toEqual(whole.result.best)
  })

  it('begins no epoch that would end after the time is up', async () => {
    const slow = async () => {
      const until = performance.now() + 40
      while (performance.now() < until);
      return { logits: matrix(Float32Array.of(0.1, 0), 2), labels: [0], photos: ['0'] }
    }
    const { result, epochs } = await run({ epochs: 1000, timeBudget: 0.15 / 60 }, { validate: slow })
    expect(result.ended).toBe('finished')
    expect(epochs.length).toBeLessThanOrEqual(3)
    const spent = epochs.reduce((sum, { seconds }) => sum + seconds, 0)
    expect(spent).toBeGreaterThan(0.04)
  })

  it('tells waiting for photos from computing', async () => {
    const { epochs } = await run(
      { epochs: 1 },
      {
        batchesOf: async function* () {
          for (const batch of batches) {
            await new Promise((done) => setTimeout(done, 60))
            yield batch
          }
        },
      },
    )
    const { inputShare, computeShare, imagesPerSecond } = epochs[0] as EpochMetrics
    const seconds = 40 / imagesPerSecond
    expect((inputShare ?? 0) * seconds).toBeGreaterThan(4 * 0.055)
    expect((inputShare ?? 0) + (computeShare ?? 0)).toBeLessThanOrEqual(1)
  })

  it('ends between two batches when it is cancelled', async () => {
    await expect(run({}, { afterEpoch: (epoch, _, cancel) => epoch === 2 && cancel() })).rejects.toMatchObject({
      code: 'cancelled',
    })
    expect(session.steps).toBe(2 * batches.length)
  })

  it('notices a loss that grows beyond measure, keeps the best epoch, and says what to try', async () => {
    // What it has learned is suddenly wrong, a thousand times over.
    const turned = batches.map(({ inputs, labels, place }) => ({
      place,
      inputs: inputs.map((value) => value * 1000),
      labels: labels.map((label) => 1 - label),
    }))
    const { result } = await run(
      { learningRate: 10, epochs: 50 },
      { validate: scripted([0.6, 0.7, 0.5]), batchesOf: (epoch) => (epoch < 3 ? batches : turned) },
    )
    expect(result).toMatchObject({ ended: 'failed', best: { epoch: 2 }, error: { code: 'compute-failed' } })
    expect(result.error?.message).toMatch(
      /learning rate of 10 .*the best epoch before it is kept, try a rate of 1, or let Fleuron find one\./,
    )
  })

  it('notices a loss that is no number, also before there is anything to keep', async () => {
    await expect(run({}, { validate: scripted([Number.NaN]) })).rejects.toMatchObject({
      code: 'compute-failed',
      message: expect.not.stringContaining('is kept'),
    })
  })

  it('says so when there is not a single photo to learn from, or to judge by', async () => {
    await expect(run({}, { batchesOf: () => [] })).rejects.toMatchObject({ code: 'unreadable' })
    const validate = async () => ({ logits: matrix(new Float32Array(0), 2), labels: [], photos: [] })
    await expect(run({}, { validate })).rejects.toMatchObject({ code: 'unreadable' })
  })
})
