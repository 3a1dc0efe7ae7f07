import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { policy } from '../../../shared/policy.ts'
import { mixBatch, randomOf, seenAs } from './mixed-batch.ts'
import type { JobContext } from '../compute/compute-protocol.ts'
import { readCheckpoint } from './checkpoint.ts'
import { runningJobs } from '../run/run-training.ts'
import { settingProblems } from '../settings/setting-problems.ts'
import { drawShapes, quickSettings, shapesInput, temporaryFolder } from '../testing.ts'
import { trainJob, type TrainJobEvent, type TrainJobResult } from '../run/train-job.ts'

const folder = temporaryFolder()
beforeAll(() => drawShapes(join(folder.path, 'photos'), 20))
afterAll(() => folder[Symbol.dispose]())

const mixing = policy.parse({ version: 1, horizontalFlip: {}, mix: { cutMix: 1, mixUp: 0.4 } })

async function train(run: string, augmentation: typeof mixing) {
  const input = shapesInput(folder.path, quickSettings('scratch', { augmentation, epochs: 6 }), { run })
  const losses: number[] = []
  const context: JobContext<TrainJobEvent> = {
    emit: (event) => {
      if (event.kind === 'progress' && event.progress.completed) losses.push(event.progress.completed.trainLoss)
    },
    signal: new AbortController().signal,
    stop: new AbortController().signal,
    breathe: () => Promise.resolve(),
  }
  const job = runningJobs.find(({ name }) => name === trainJob.name)
  const result = (await job?.handler(input, context as JobContext<unknown>)) as TrainJobResult
  return { result, losses, weights: readCheckpoint(input.directory).last }
}

it('a run that mixes photos learns, and gives the same weights again', async () => {
  const first = await train('mixed', mixing)
  expect(first.result.validation?.accuracy).toBeGreaterThan(0.6)
  // Two classes in one photo cannot be known as surely as one.
  expect(first.losses.at(-1)).toBeGreaterThan((await train('plain', { ...mixing, mix: undefined })).losses.at(-1) ?? 0)
  expect((await train('again', mixing)).weights).toEqual(first.weights)
})

it('the figures of a mixed batch count both photos', () => {
  const logits = { rows: 2, columns: 2, data: Float32Array.of(2, 0, 0, 1) }
  const labels = Int32Array.of(0, 1)
  const mixed = {
    mix: { kind: 'mixUp', share: 0.25, box: null },
    targets: new Float32Array(4),
    mask: new Float32Array(1),
  } as const
  const surprise = (own: number, other: number): number => Math.log(1 + Math.exp(other - own))
  const own = (surprise(2, 0) + surprise(1, 0)) / 2
  const partner = (surprise(0, 2) + surprise(0, 1)) / 2
  const seen = seenAs(logits, labels, mixed)
  expect(seen.loss).toBeCloseTo(0.25 * own + 0.75 * partner, 6)
  expect([...seen.labels]).toEqual([1, 0])
  expect(seenAs(logits, labels, undefined)).toEqual({ labels, loss: expect.closeTo(own, 6) })
})

it('the mask takes the place of random numbers for mixing alone', () => {
  const identity = { seed: 1, epoch: 1, step: 3 }
  const mixed = mixBatch(
    { cutMix: 1, mixUp: 0, probability: 1, switchProbability: 0 },
    Int32Array.of(0, 1),
    2,
    8,
    identity,
  )
  const random = randomOf(identity, mixed)
  expect(random('mix', [1, 1, 8, 8])).toBe(mixed.mask)
  expect(random('dropout', [4])).toEqual(randomOf(identity, undefined)('dropout', [4]))
  expect(mixed.targets.reduce((sum, share) => sum + share, 0)).toBeCloseTo(2)
})

it('the focal loss, which knows labels only, is refused', () => {
  const settings = { ...quickSettings('scratch'), augmentation: mixing, loss: 'focal' as const }
  expect(settingProblems(settings)).toEqual([
    'CutMix and MixUp need the cross-entropy loss; choose it, or switch them off.',
  ])
  expect(settingProblems({ ...settings, augmentation: { ...mixing, mix: undefined } })).toEqual([])
})
