import type { Schedule, Span } from './schedule.ts'

/** Learning rates as functions of the step, each as PyTorch or timm has it. */

export function constantRate(rate: number): Schedule {
  return () => rate
}

/** From `from` at share 0 to `to` at share 1 along half a cosine. */
function cosineBetween(from: number, to: number, share: number): number {
  return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share))
}

/**
 * Rises in a line from `startRate` over `warmupSteps` to where `schedule` begins, which then follows from its first
 * step: timm's warm-up prefix.
 */
export function withWarmup(schedule: Schedule, warmupSteps: number, startRate: number): Schedule {
  const rate: Schedule = (step) => {
    if (step >= warmupSteps) return schedule(step - warmupSteps)
    return startRate + (step * (schedule(0) - startRate)) / warmupSteps
  }
  return schedule.feedback === undefined ? rate : Object.assign(rate, { feedback: schedule.feedback })
}

/** Falls along a cosine to `floor` at the end of the run and stays there. */
export function cosine({ peak, steps, floor = 0 }: Span & { floor?: number }): Schedule {
  return (step) => cosineBetween(peak, floor, Math.min(step / Math.max(steps, 1), 1))
}

/**
 * Falls along a cosine to `floor` again and again; every cycle is `growth` times as long as the one before and begins
 * `decay` times as high. After `cycles`, if given, the rate stays at the floor (Loshchilov and Hutter, 2017).
 */
export function cosineRestarts({
  peak,
  length,
  growth = 1,
  decay = 1,
  floor = 0,
  cycles = Infinity,
}: {
  peak: number
  /** Steps of the first cycle. */
  length: number
  growth?: number
  decay?: number
  floor?: number
  cycles?: number
}): Schedule {
  return (step) => {
    let [cycle, start, size] = [0, 0, length]
    while (step >= start + size) {
      start += size
      size *= growth
      cycle++
      if (cycle === cycles) return floor
    }
    return cosineBetween(peak * decay ** cycle, floor, (step - start) / size)
  }
}

/** Up to the peak over the first `rise` of the run and down again, both along a cosine: PyTorch's OneCycleLR. */
export function oneCycle({
  peak,
  steps,
  rise = 0.3,
  startDivisor = 25,
  endDivisor = 1e4,
}: Span & { rise?: number; startDivisor?: number; endDivisor?: number }): Schedule {
  const start = peak / startDivisor
  const top = rise * steps - 1
  const last = steps - 1
  return (step) => {
    if (step < top) return cosineBetween(start, peak, step / top)
    return cosineBetween(peak, start / endDivisor, Math.min((step - top) / Math.max(last - top, 1e-9), 1))
  }
}

/** Times `factor` after every `every` steps. */
export function stepDecay({ peak, every, factor }: { peak: number; every: number; factor: number }): Schedule {
  return (step) => peak * factor ** Math.floor(step / every)
}

/** Times `factor` at each of the `milestones`, which are steps. */
export function multistep({
  peak,
  milestones,
  factor,
}: {
  peak: number
  milestones: readonly number[]
  factor: number
}): Schedule {
  return (step) => peak * factor ** milestones.filter((milestone) => step >= milestone).length
}

/** Times `factor` after every step. */
export function exponential({ peak, factor }: { peak: number; factor: number }): Schedule {
  return (step) => peak * factor ** step
}

/** Falls from the peak to `floor` at the end of the run as (1 − t)^power, and stays there. */
export function polynomial({ peak, steps, power, floor = 0 }: Span & { power: number; floor?: number }): Schedule {
  return (step) => floor + (peak - floor) * (1 - Math.min(step / Math.max(steps, 1), 1)) ** power
}
