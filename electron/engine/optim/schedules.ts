import type { Setting, Settings } from './settings.ts'

/** The learning rate in use during step t, counted from 0. */
export type Schedule = (step: number) => number

export interface Span {
  /** The rate that the user chose: the highest of the run. */
  readonly peak: number
  /** All steps of the run. */
  readonly steps: number
}

export interface ScheduleDefinition {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly settings: readonly Setting[]
  readonly create: (span: Span, settings: Settings) => Schedule
}

export function constantRate(rate: number): Schedule {
  return () => rate
}

/** From `from` at share 0 to `to` at share 1 along half a cosine. */
function cosineBetween(from: number, to: number, share: number): number {
  return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share))
}

/**
 * Rises in a line from `warmupRate` to the peak over `warmupSteps`, then falls along a cosine to `floor` at the end of
 * the run and stays there: timm's cosine with warm-up prefix.
 */
export function cosine({
  peak,
  steps,
  warmupSteps = 0,
  warmupRate = 0,
  floor = 0,
}: Span & { warmupSteps?: number; warmupRate?: number; floor?: number }): Schedule {
  const length = Math.max(steps - warmupSteps, 1)
  return (step) => {
    if (step < warmupSteps) return warmupRate + (step * (peak - warmupRate)) / warmupSteps
    return cosineBetween(peak, floor, Math.min((step - warmupSteps) / length, 1))
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

/** Times `factor` after every step. */
export function exponential({ peak, factor }: { peak: number; factor: number }): Schedule {
  return (step) => peak * factor ** step
}

const share = (
  name: string,
  label: string,
  description: string,
  standard: number,
  range: [number, number],
): Setting => {
  return { name, label, description, default: standard, minimum: range[0], maximum: range[1], kind: 'number' }
}
const get = (settings: Settings, name: string): number => settings[name] ?? 0

export const schedules: readonly ScheduleDefinition[] = [
  {
    name: 'cosine',
    label: 'Cosine with warm-up',
    description: 'Rises for a moment, then falls smoothly to the end. Right for nearly everything.',
    settings: [
      share('warmup', 'Warm-up', 'Share of the run during which the rate rises.', 0.05, [0, 0.5]),
      share('floor', 'End', 'The last rate as a share of the highest.', 0.001, [0, 1]),
    ],
    create: ({ peak, steps }, settings) => {
      const warmupSteps = Math.round(steps * get(settings, 'warmup'))
      // The first step already moves: the rise starts one step above zero.
      const warmupRate = peak / (warmupSteps + 1)
      return cosine({ peak, steps, warmupSteps, warmupRate, floor: peak * get(settings, 'floor') })
    },
  },
  {
    name: 'oneCycle',
    label: 'One cycle',
    description: 'A long rise and a long fall: fast training from scratch with a high rate.',
    settings: [
      share('rise', 'Rise', 'Share of the run before the peak.', 0.3, [0.01, 0.9]),
      share('startDivisor', 'Start divisor', 'The first rate is the peak divided by this.', 25, [1, 1e4]),
      share('endDivisor', 'End divisor', 'The last rate is the first divided by this.', 1e4, [1, 1e8]),
    ],
    create: (span, settings) =>
      oneCycle({
        ...span,
        rise: get(settings, 'rise'),
        startDivisor: get(settings, 'startDivisor'),
        endDivisor: get(settings, 'endDivisor'),
      }),
  },
  {
    name: 'step',
    label: 'Steps',
    description: 'Falls by a factor a few times during the run.',
    settings: [
      share('falls', 'Falls', 'How often the rate falls.', 2, [1, 20]),
      share('factor', 'Factor', 'What remains of the rate at each fall.', 0.1, [0.001, 1]),
    ],
    create: ({ peak, steps }, settings) =>
      stepDecay({
        peak,
        every: Math.max(Math.ceil(steps / (get(settings, 'falls') + 1)), 1),
        factor: get(settings, 'factor'),
      }),
  },
  {
    name: 'exponential',
    label: 'Exponential',
    description: 'Falls by the same share every step.',
    settings: [share('end', 'End', 'The last rate as a share of the first.', 0.01, [1e-6, 1])],
    create: ({ peak, steps }, settings) =>
      exponential({ peak, factor: get(settings, 'end') ** (1 / Math.max(steps, 1)) }),
  },
  {
    name: 'constant',
    label: 'Constant',
    description: 'The same rate throughout.',
    settings: [],
    create: ({ peak }) => constantRate(peak),
  },
]
