import type { EpochMetrics, TrainSettings } from '../../../shared/training.ts'
import { byName, completeSettings, schedules, withWarmup } from '../../engine/index.ts'
import { isHigherBetter, watched } from '../../../shared/monitors.ts'

/** The learning rate of a run. */
export interface Rate {
  /** Of a step, counted from 0 over the whole run. */
  at(step: number): number
  /** Schedules that heed how training goes are told here, epoch after epoch. */
  epochEnded(metrics: EpochMetrics): void
}

export function rateOf(settings: TrainSettings, stepsPerEpoch: number): Rate {
  const { learningRate: peak, epochs, warmupEpochs, scheduleSettings, monitor } = settings
  const definition = byName(schedules, 'schedule', settings.schedule)
  const steps = epochs * stepsPerEpoch
  // The engine counts a warm-up as a share of the run, people in epochs.
  const warmupSteps = Math.min(Math.round(warmupEpochs * stepsPerEpoch), steps - 1)
  const own = { ...completeSettings(definition, scheduleSettings), warmup: 0 }
  const better = isHigherBetter(monitor) ? 'higher' : 'lower'
  const schedule = definition.create({ peak, steps: steps - warmupSteps, better }, own)
  // The first step already moves: the rise starts one step above zero.
  const whole = withWarmup(schedule, warmupSteps, schedule(0) / (warmupSteps + 1))
  return {
    at: whole,
    epochEnded: (metrics) => schedule.feedback?.observe(watched(monitor, metrics)),
  }
}

/** The rate at `count` evenly spaced moments from the first step to the last. */
export function sampleRates(settings: TrainSettings, stepsPerEpoch: number, count: number): number[] {
  const rate = rateOf(settings, stepsPerEpoch)
  const last = settings.epochs * stepsPerEpoch - 1
  return Array.from({ length: count }, (_, index) => rate.at(Math.round((index / (count - 1)) * last)))
}
