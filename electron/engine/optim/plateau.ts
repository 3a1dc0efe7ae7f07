import type { PlateauState, Schedule } from './schedule.ts'

export interface PlateauOptions {
  readonly peak: number
  /** What remains of the rate at each fall. */
  readonly factor: number
  /** Epochs without improvement that are borne before a fall. */
  readonly patience: number
  /** What counts as improvement: this share of the best value, or this difference. */
  readonly threshold?: number
  readonly thresholdMode?: 'share' | 'difference'
  /** Epochs after a fall during which none is counted as bad. */
  readonly cooldown?: number
  /** The rate falls no further. */
  readonly floor?: number
  readonly better?: 'lower' | 'higher'
}

/** A change of the rate so small is not made. */
const smallestFall = 1e-8

/** Lowers the rate when a metric has long stopped improving: PyTorch's ReduceLROnPlateau. */
export function reduceOnPlateau({
  peak,
  factor,
  patience,
  threshold = 1e-4,
  thresholdMode = 'share',
  cooldown = 0,
  floor = 0,
  better = 'lower',
}: PlateauOptions): Schedule {
  let state: PlateauState = { rate: peak, best: null, bad: 0, resting: 0 }

  const improves = (metric: number, best: number | null): boolean => {
    if (best === null) return true
    const margin = (thresholdMode === 'share' ? best : 1) * threshold
    return better === 'lower' ? metric < best - margin : metric > best + margin
  }
  const fallen = (rate: number): number => {
    const next = Math.max(rate * factor, floor)
    return rate - next > smallestFall ? next : rate
  }
  const observe = (metric: number): void => {
    const improved = improves(metric, state.best)
    const resting = Math.max(state.resting - 1, 0)
    const bad = improved || state.resting > 0 ? 0 : state.bad + 1
    const best = improved ? metric : state.best
    state =
      bad > patience
        ? { rate: fallen(state.rate), best, bad: 0, resting: cooldown }
        : { rate: state.rate, best, bad, resting }
  }
  const feedback = {
    observe,
    readState: () => state,
    writeState: (stored: PlateauState) => {
      state = stored
    },
  }
  return Object.assign(() => state.rate, { feedback })
}
