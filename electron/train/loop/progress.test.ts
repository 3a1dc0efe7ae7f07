import { describe, expect, it } from 'vitest'
import type { EpochDetail } from '../../../shared/epoch-detail.ts'
import type { TrainProgress } from '../../../shared/training.ts'
import { createProgressReporter } from './progress.ts'
import { epochMetrics } from '../../../shared/testing.ts'

const epoch = epochMetrics()

const detail: EpochDetail = { epoch: 1, photos: [1], found: [1], mistakenFor: [null], watched: [] }

function setUp(expected: Partial<Record<TrainProgress['phase'], number>> = {}) {
  const told: TrainProgress[] = []
  const clock = { time: 0 }
  const reporter = createProgressReporter({
    run: 'r',
    epochs: 4,
    expected,
    emit: (progress) => told.push(progress),
    now: () => clock.time,
  })
  const last = (): TrainProgress => told.at(-1) as TrainProgress
  return { told, clock, reporter, last }
}

describe('progress of a run', () => {
  it('says at most ten times a second how far it is, but every epoch', () => {
    const { told, clock, reporter } = setUp()
    reporter.begin('training', 'Training', 4000)
    for (let batch = 1; batch <= 1000; batch++) {
      clock.time += 2
      reporter.advance(1, { epoch: 1, batch, batches: 1000 })
      if (batch % 100 === 0) reporter.epochEnded({ ...epoch, epoch: batch / 100 }, detail, 1)
    }
    const completed = told.filter((progress) => progress.completed !== null)
    expect(completed.map((progress) => progress.completed?.epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(told.length - completed.length).toBeLessThanOrEqual(21)
    expect(told.length - completed.length).toBeGreaterThan(8)
  })

  it('measures the speed and what is left, with the phases that follow', () => {
    const { clock, reporter, last } = setUp({ training: 6, testing: 1, preparing: 50 })
    reporter.begin('features', 'Looking at the photos', 1000)
    for (let second = 0; second < 5; second++) {
      clock.time += 1000
      reporter.advance(100)
    }
    expect(last().imagesPerSecond).toBeCloseTo(100)
    expect(last().etaSeconds).toBeCloseTo(5 + 7)
    // Twice as slow from now on: the speed follows within its window.
    for (let second = 0; second < 4; second++) {
      clock.time += 1000
      reporter.advance(50)
    }
    expect(last().imagesPerSecond).toBeCloseTo(50)
  })

  it('knows no speed before anything is done', () => {
    const { reporter, last } = setUp()
    reporter.begin('training', 'Training', 1000)
    expect(last()).toMatchObject({ imagesPerSecond: null, etaSeconds: null, epoch: 0, epochs: 4 })
  })

  it('keeps the best epoch for what follows', () => {
    const { reporter, last } = setUp()
    reporter.begin('training', 'Training', 100)
    reporter.epochEnded({ ...epoch, epoch: 3 }, { ...detail, epoch: 3 }, 2)
    reporter.begin('testing', 'Testing', 10)
    expect(last()).toMatchObject({ phase: 'testing', bestEpoch: 2, epoch: 3, completed: null, detail: null })
  })
})
