import type { TrainSettings } from '../../shared/training.ts'
import { constantRate, cosine, oneCycle, withWarmup, type Schedule } from '../engine/index.ts'

/** Share of the highest rate at which a cosine ends. */
const floorShare = 1e-3

/** The learning rate of every step of a run, counted from 0. */
export function scheduleOf(settings: TrainSettings, stepsPerEpoch: number): Schedule {
  const { learningRate: peak, epochs } = settings
  const steps = epochs * stepsPerEpoch
  switch (settings.schedule) {
    case 'constant':
      return constantRate(peak)
    case 'onecycle':
      return oneCycle({ peak, steps })
    case 'cosine': {
      const warmupSteps = Math.min(Math.round(settings.warmupEpochs * stepsPerEpoch), steps - 1)
      // The first step already moves: the rise starts one step above zero.
      const falling = cosine({ peak, steps: steps - warmupSteps, floor: peak * floorShare })
      return withWarmup(falling, warmupSteps, peak / (warmupSteps + 1))
    }
  }
}

/** The rate at `count` evenly spaced moments from the first step to the last. */
export function sampleRates(settings: TrainSettings, stepsPerEpoch: number, count: number): number[] {
  const rate = scheduleOf(settings, stepsPerEpoch)
  const last = settings.epochs * stepsPerEpoch - 1
  return Array.from({ length: count }, (_, index) => rate(Math.round((index / (count - 1)) * last)))
}
