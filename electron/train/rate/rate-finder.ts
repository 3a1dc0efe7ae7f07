import type { RateSearch } from '../../../shared/training.ts'

/**
 * The learning-rate range test (Smith 2017) as fastai does it: the rate rises exponentially step by step from far too
 * small to far too large while the loss is watched, smoothed; where it falls well is a good rate.
 */

type Point = RateSearch['points'][number]

/** fastai's defaults. */
export const sweep = { first: 1e-7, last: 10, steps: 100 } as const
/** Share of the running average that a step keeps. */
const smoothing = 0.98
/** The sweep ends when the loss has grown to so many times its lowest. */
const divergedTimes = 4
/** Points at the beginning and at the end that say little. */
const ignored = { first: sweep.steps / 10, last: 5 }

/**
 * Sweeps the rate. `step` makes a step of the optimiser at a rate and answers its loss.
 */
export async function sweepRates(
  step: (rate: number, index: number) => Promise<number>,
  told: (points: readonly Point[]) => void = () => undefined,
): Promise<RateSearch> {
  const points: Point[] = []
  let [average, lowest] = [0, Number.POSITIVE_INFINITY]
  for (let index = 0; index < sweep.steps; index++) {
    const rate = sweep.first * (sweep.last / sweep.first) ** (index / (sweep.steps - 1))
    const loss = await step(rate, index)
    if (!Number.isFinite(loss)) break
    average = smoothing * average + (1 - smoothing) * loss
    const smoothed = average / (1 - smoothing ** (index + 1))
    points.push({ rate, loss: smoothed })
    told(points)
    lowest = Math.min(lowest, smoothed)
    if (smoothed > divergedTimes * lowest) break
  }
  const telling = points.slice(ignored.first, -ignored.last)
  return { points, steepest: steepestRate(telling), valley: valleyRate(telling) }
}

/** Where the loss falls most per step of the rate's logarithm; null when it falls nowhere. fastai's `steep`. */
export function steepestRate(points: readonly Point[]): number | null {
  let [steepest, found]: [number, number | null] = [0, null]
  for (let index = 0; index + 1 < points.length; index++) {
    const [here, next] = [points[index] as Point, points[index + 1] as Point]
    const slope = (next.loss - here.loss) / (Math.log(next.rate) - Math.log(here.rate))
    if (slope < steepest) [steepest, found] = [slope, here.rate]
  }
  return found
}

/**
 * In the longest fall (the longest decreasing subsequence of the losses), half of a third below its first third; null
 * when nothing falls. fastai's `valley`, with its ways of counting.
 */
export function valleyRate(points: readonly Point[]): number | null {
  const lengths = points.map(() => 1)
  let [start, end] = [0, 0]
  for (let later = 1; later < points.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      const [before, length] = [points[earlier] as Point, lengths[earlier] as number]
      if ((points[later] as Point).loss < before.loss && (lengths[later] as number) < length + 1) {
        lengths[later] = length + 1
      }
      if ((lengths[end] as number) < (lengths[later] as number)) {
        end = later
        start = end - (lengths[end] as number)
      }
    }
  }
  if (end === 0) return null
  const third = Math.trunc((end - start) / 3)
  return (points[start + third + Math.trunc(third / 2)] as Point).rate
}
