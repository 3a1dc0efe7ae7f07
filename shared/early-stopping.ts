import type { EpochMetrics, Monitor } from './training.ts'
import { isHigherBetter, watched } from './monitors.ts'

/** Remembers the best epoch by a metric of the validation photos and says when waiting for a better one is over. */
export interface EarlyStopping {
  /** From 1; null before there is one. */
  readonly bestEpoch: number | null
  /** `patience` epochs in a row were no better than the one before them by more than the minimum change. */
  readonly exhausted: boolean
  /** Whether this epoch is the best so far. */
  observe(metrics: EpochMetrics): boolean
}

/**
 * Any improvement makes an epoch the best; only one by more than `minimumChange` renews the patience. `patience` 0
 * never gives up. A metric that is not finite is never an improvement.
 */
export function createEarlyStopping(options: {
  monitor: Monitor
  patience: number
  minimumChange: number
}): EarlyStopping {
  const { monitor, patience, minimumChange } = options
  let [best, reference] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let [bestEpoch, renewedIn, epoch]: [number | null, number, number] = [null, 0, 0]
  return {
    get bestEpoch() {
      return bestEpoch
    },
    get exhausted() {
      return patience > 0 && epoch - renewedIn >= patience
    },
    observe(metrics) {
      epoch = metrics.epoch
      const value = watched(monitor, metrics) * (isHigherBetter(monitor) ? 1 : -1)
      if (!Number.isFinite(value)) return false
      if (value > reference + minimumChange) [reference, renewedIn] = [value, epoch]
      if (value <= best) return false
      ;[best, bestEpoch] = [value, epoch]
      return true
    },
  }
}
