import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { temporaryFolder } from '../testing.ts'
import { readSteps, recordSteps } from './step-series.ts'

let folder: { path: string } & Disposable
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const record = (plan: { epochs: number; stepsPerEpoch: number }, from: number, to: number): void => {
  const steps = recordSteps(folder.path, { ...plan, after: from - 1 })
  for (let step = from; step <= to; step++) steps.add(step, 1 / step, step / 1e6)
  steps.save()
}

it('keeps every step of a short run, and evenly spaced ones of a long one', () => {
  expect(readSteps(folder.path)).toBeNull()
  record({ epochs: 2, stepsPerEpoch: 3 }, 1, 6)
  expect(readSteps(folder.path)).toEqual({
    stepsPerEpoch: 3,
    steps: [1, 2, 3, 4, 5, 6],
    losses: [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6],
    learningRates: [1e-6, 2e-6, 3e-6, 4e-6, 5e-6, 6e-6],
  })
  record({ epochs: 1000, stepsPerEpoch: 40 }, 1, 40_000)
  const { steps = [] } = readSteps(folder.path) ?? {}
  expect(steps).toHaveLength(2000)
  expect([steps[0], steps[1], steps.at(-1)]).toEqual([1, 21, 39_981])
})

it('goes on from a checkpoint as if nothing had come after it', () => {
  const plan = { epochs: 5, stepsPerEpoch: 1000 }
  record(plan, 1, 5000)
  const undisturbed = readSteps(folder.path)
  record(plan, 1, 3700)
  record(plan, 2500, 5000)
  expect(readSteps(folder.path)).toEqual(undisturbed)
})

it('does without a file that was damaged', () => {
  writeFileSync(join(folder.path, 'steps.json'), '{')
  record({ epochs: 1, stepsPerEpoch: 4 }, 3, 4)
  expect(readSteps(folder.path)?.steps).toEqual([3, 4])
})
