import { expect, it } from 'vitest'
import type { StudiesService } from '../../shared/contract.ts'
import type { Study, StudySpec } from '../../shared/study.ts'
import { roomsForEachTest, startTrainingRooms } from './testing.ts'

const own = roomsForEachTest()

const quick = { epochs: 2, imageSize: 32, batchSize: 8 }
const spec: StudySpec = {
  name: 'Rates',
  kind: 'sweep',
  variants: [0.001, 0.01].map((learningRate) => ({
    name: `learningRate ${learningRate}`,
    model: 'simple_cnn',
    mode: 'scratch',
    set: { ...quick, learningRate },
  })),
  seeds: [1, 2],
  stopHopeless: false,
}

/** The study when it is no longer running. */
const ended = (studies: StudiesService, id: string): Promise<Study> =>
  new Promise((resolve) => {
    const look = (study: Study): void => void (study.id === id && study.state !== 'running' && resolve(study))
    studies.onChanged(look)
    void studies.get({ study: id }).then(look)
  })

it('trains every variant with every seed and says what that comes to', async () => {
  const { studies, training } = own.rooms
  const { study } = await studies.start({ spec })
  await expect(studies.start({ spec })).rejects.toMatchObject({ code: 'in-use' })
  const result = await ended(studies, study)
  expect(result).toMatchObject({ number: 1, state: 'finished' })
  expect(result.runs.map(({ variant, seed, state }) => [variant, seed, state])).toEqual([
    [0, 1, 'done'],
    [1, 1, 'done'],
    [0, 2, 'done'],
    [1, 2, 'done'],
  ])
  expect(result.summary.map(({ runs }) => runs)).toEqual([2, 2])
  expect(result.sentence).toMatch(/^LearningRate 0.0(01|1) is right most often/)
  const runs = await training.runs()
  expect(runs.map((run) => run.study)).toEqual(Array.from({ length: 4 }, () => ({ id: study, name: 'Rates' })))
  const settings = await Promise.all(
    result.runs.map(async ({ run }) => (await training.run({ run: run ?? '' })).settings),
  )
  expect(settings.map(({ learningRate, seed, epochs }) => [learningRate, seed, epochs])).toEqual([
    [0.001, 1, 2],
    [0.01, 1, 2],
    [0.001, 2, 2],
    [0.01, 2, 2],
  ])
})

it('is paused with its run, found again after a restart, and goes on where it was', async () => {
  // So many epochs that the wish arrives before the last of them.
  const long: StudySpec = {
    ...spec,
    variants: spec.variants.map((variant) => ({ ...variant, set: { ...variant.set, epochs: 60 } })),
    seeds: [1],
  }
  const { study } = await own.rooms.studies.start({ spec: long })
  await new Promise<void>((resolve) =>
    own.rooms.training.onProgress(({ completed }) => completed?.epoch === 2 && resolve()),
  )
  await own.rooms.studies.pause({ study })
  const paused = await ended(own.rooms.studies, study)
  expect(paused.state).toBe('paused')
  expect(paused.runs.map(({ state }) => state)).toEqual(['running', 'waiting'])
  const { directory } = own.rooms.open.current()
  await own.rooms.close()

  own.rooms = startTrainingRooms(own.home)
  await own.rooms.open.open(directory)
  await own.rooms.studies.resume({ study })
  const result = await ended(own.rooms.studies, study)
  expect(result.state).toBe('finished')
  expect(result.runs.map(({ state }) => state)).toEqual(['done', 'done'])
  expect(result.runs[0]?.run).toBe(paused.runs[0]?.run)
  await expect(own.rooms.studies.resume({ study })).rejects.toMatchObject({ code: 'not-ready' })
})

it('ends at its limit of runs, and can be gone on with', async () => {
  const { studies } = own.rooms
  const { study } = await studies.start({ spec: { ...spec, seeds: [1], maximumRuns: 1 } })
  const result = await ended(studies, study)
  expect(result.runs.map(({ state }) => state)).toEqual(['done', 'waiting'])
  expect(result.state).toBe('finished')
})

it('refuses a variant that cannot be trained before anything begins', async () => {
  const { studies, training } = own.rooms
  const [first] = spec.variants
  const wrong = { ...spec, variants: [...spec.variants, { ...first!, name: 'none such', set: { learningRat: 1 } }] }
  await expect(studies.start({ spec: wrong })).rejects.toMatchObject({
    code: 'invalid-input',
    message: expect.stringMatching(/“none such” cannot be trained: There is no setting “learningRat”/),
  })
  expect(await training.runs()).toEqual([])
  expect(await studies.list()).toEqual([])
})

it('compares one network of each kind, or those that are named', async () => {
  const { studies } = own.rooms
  const ready = await studies.ready({ kind: 'architecture', seeds: 2, set: { epochs: 3 } })
  expect(ready.variants.map(({ model, mode }) => [model, mode])).toEqual([
    ['simple_cnn', 'scratch'],
    ['resnet18', 'scratch'],
    ['vit_tiny_patch16_224', 'scratch'],
    ['inception_v3', 'scratch'],
  ])
  const two = [
    { model: 'simple_cnn', mode: 'scratch' },
    { model: 'convnext_tiny', mode: 'scratch' },
  ] as const
  const named = await studies.ready({ kind: 'architecture', ways: [...two], seeds: 1, set: {} })
  expect(named.variants).toMatchObject(two)
  const missing = { model: 'resnet18', mode: 'frozen' } as const
  await expect(studies.ready({ kind: 'architecture', ways: [missing], seeds: 1, set: {} })).rejects.toMatchObject({
    code: 'not-ready',
    message: expect.stringMatching(/weights of ResNet-18 are not on this computer/),
  })
  const unheard = { model: 'resnet1', mode: 'scratch' } as const
  await expect(studies.ready({ kind: 'architecture', ways: [unheard], seeds: 1, set: {} })).rejects.toMatchObject({
    code: 'invalid-input',
  })
})
