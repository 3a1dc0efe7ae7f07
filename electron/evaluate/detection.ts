/**
 * How well a score tells known photos from unknown ones. A higher score means more like the known classes.
 */
export interface DetectionFigures {
  /** Chance that a known photo scores above an unknown one; equal scores count one half. */
  readonly auroc: number
  /** The highest threshold that at least 95 % of the known photos reach. */
  readonly threshold95: number
  /** Share of unknown photos that reach it too: mistaken for known. */
  readonly falsePositivesAt95: number
  /** Share of known photos that reach it. */
  readonly kept: number
}

const shareFrom = (scores: ArrayLike<number>, threshold: number) => {
  let count = 0
  for (let index = 0; index < scores.length; index++) count += Number((scores[index] as number) >= threshold)
  return scores.length === 0 ? 0 : count / scores.length
}

/** The highest threshold t such that at least `share` of the scores are ≥ t. −Infinity without scores. */
export function thresholdKeeping(scores: ArrayLike<number>, share: number): number {
  const falling = Float64Array.from(scores).sort().toReversed()
  // The small allowance keeps 0.95 · 20 = 19.000000000000004 from asking for a twentieth.
  return falling[Math.max(Math.ceil(share * falling.length - 1e-9) - 1, 0)] ?? -Infinity
}

/** Area under the ROC curve, by ranks (Mann and Whitney). */
export function auroc(known: ArrayLike<number>, unknown: ArrayLike<number>): number {
  const sorted = Float64Array.from(unknown).sort()
  const below = (value: number, orEqual: boolean) => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const other = sorted[middle] as number
      if (other < value || (orEqual && other === value)) low = middle + 1
      else high = middle
    }
    return low
  }
  let wins = 0
  for (let index = 0; index < known.length; index++) {
    const value = known[index] as number
    wins += (below(value, false) + below(value, true)) / 2
  }
  return wins / (known.length * unknown.length)
}

/** @param known scores of photos of the known classes @param unknown scores of other photos */
export function detectionFigures(known: ArrayLike<number>, unknown: ArrayLike<number>): DetectionFigures {
  const threshold95 = thresholdKeeping(known, 0.95)
  return {
    auroc: auroc(known, unknown),
    threshold95,
    falsePositivesAt95: shareFrom(unknown, threshold95),
    kept: shareFrom(known, threshold95),
  }
}
