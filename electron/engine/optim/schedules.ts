import { reduceOnPlateau } from './plateau.ts'
import {
  constantRate,
  cosine,
  cosineRestarts,
  exponential,
  multistep,
  oneCycle,
  polynomial,
  stepDecay,
  withWarmup,
} from './rates.ts'
import type { Schedule, ScheduleDefinition, Span } from './schedule.ts'
import { settingValue } from './settings.ts'
import type { Setting, Settings } from './settings.ts'

type Range = readonly [minimum: number, maximum: number]

const setting = (
  name: string,
  label: string,
  description: string,
  standard: number,
  [minimum, maximum]: Range,
  kind: Setting['kind'] = 'number',
): Setting => ({ name, label, description, default: standard, minimum, maximum, kind })

const floor = (standard: number): Setting =>
  setting('floor', 'End', 'The last rate as a share of the highest.', standard, [0, 1])
const factor = (standard: number): Setting =>
  setting('factor', 'Factor', 'What remains of the rate at each fall.', standard, [0.001, 0.99])

/** A schedule without its warm-up; `steps` are those after it. */
interface Shape extends Omit<ScheduleDefinition, 'create'> {
  /** Share of the run during which the rate rises, unless the user says otherwise. */
  readonly warmup: number
  readonly create: (span: Span, value: (name: string) => number) => Schedule
}

const shapes: readonly Shape[] = [
  {
    name: 'cosine',
    label: 'Cosine',
    description: 'Falls smoothly to the end. Right for nearly everything.',
    warmup: 0.05,
    settings: [floor(0.001)],
    create: (span, value) => cosine({ ...span, floor: span.peak * value('floor') }),
  },
  {
    name: 'cosineRestarts',
    label: 'Cosine with restarts',
    description: 'Falls smoothly several times, each time from a new start that may find a better place.',
    warmup: 0,
    settings: [
      setting('cycles', 'Cycles', 'How often it falls.', 3, [1, 20], 'whole'),
      setting('growth', 'Growth', 'How many times longer each cycle is than the one before.', 2, [1, 4]),
      setting('decay', 'Decay', 'How high a cycle begins as a share of the one before.', 1, [0.05, 1]),
      floor(0.001),
    ],
    create: ({ peak, steps }, value) => {
      const [cycles, growth] = [value('cycles'), value('growth')]
      // All cycles together, in units of the first.
      const units = Array.from({ length: cycles }, (_, cycle) => growth ** cycle).reduce((sum, unit) => sum + unit, 0)
      const length = Math.max(steps, 1) / units
      return cosineRestarts({ peak, length, growth, cycles, decay: value('decay'), floor: peak * value('floor') })
    },
  },
  {
    name: 'oneCycle',
    label: 'One cycle',
    description: 'A long rise and a long fall: fast training from scratch with a high rate.',
    warmup: 0,
    settings: [
      setting('rise', 'Rise', 'Share of the run before the peak.', 0.3, [0.01, 0.9]),
      setting('startDivisor', 'Start divisor', 'The first rate is the peak divided by this.', 25, [1, 1e4]),
      setting('endDivisor', 'End divisor', 'The last rate is the first divided by this.', 1e4, [1, 1e8]),
    ],
    create: (span, value) =>
      oneCycle({
        ...span,
        rise: value('rise'),
        startDivisor: value('startDivisor'),
        endDivisor: value('endDivisor'),
      }),
  },
  {
    name: 'step',
    label: 'Steps',
    description: 'Falls by a factor a few times, evenly spread over the run.',
    warmup: 0,
    settings: [setting('falls', 'Falls', 'How often the rate falls.', 2, [1, 20], 'whole'), factor(0.1)],
    create: ({ peak, steps }, value) =>
      stepDecay({ peak, every: Math.max(Math.ceil(steps / (value('falls') + 1)), 1), factor: value('factor') }),
  },
  {
    name: 'multistep',
    label: 'Chosen steps',
    description: 'Falls by a factor at up to three moments of your choice.',
    warmup: 0,
    settings: [
      setting('first', 'First fall', 'When, as a share of the run.', 0.5, [0, 1]),
      setting('second', 'Second fall', 'When, as a share of the run; 1 is never.', 0.75, [0, 1]),
      setting('third', 'Third fall', 'When, as a share of the run; 1 is never.', 1, [0, 1]),
      factor(0.1),
    ],
    create: ({ peak, steps }, value) =>
      multistep({
        peak,
        milestones: ['first', 'second', 'third'].map((name) => Math.max(Math.round(steps * value(name)), 1)),
        factor: value('factor'),
      }),
  },
  {
    name: 'exponential',
    label: 'Exponential',
    description: 'Falls by the same share every step.',
    warmup: 0,
    settings: [setting('end', 'End', 'The last rate as a share of the first.', 0.01, [1e-6, 1])],
    create: ({ peak, steps }, value) => exponential({ peak, factor: value('end') ** (1 / Math.max(steps, 1)) }),
  },
  {
    name: 'polynomial',
    label: 'Polynomial',
    description: 'Falls along a power of the time that is left: 1 is a straight line.',
    warmup: 0,
    settings: [setting('power', 'Power', 'Above 1 it falls early, below 1 late.', 1, [0.1, 5]), floor(0.001)],
    create: (span, value) => polynomial({ ...span, power: value('power'), floor: span.peak * value('floor') }),
  },
  {
    name: 'plateau',
    label: 'Reduce on plateau',
    description: 'Falls whenever validation has stopped improving. For runs whose length is not known.',
    warmup: 0,
    settings: [
      factor(0.1),
      setting('patience', 'Patience', 'Epochs without improvement that are borne.', 5, [0, 100], 'whole'),
      setting('threshold', 'Threshold', 'Share of the best value that counts as improvement.', 1e-4, [0, 0.5]),
      setting('cooldown', 'Cool-down', 'Epochs after a fall that do not count.', 0, [0, 100], 'whole'),
      floor(0.001),
    ],
    create: ({ peak, better = 'lower' }, value) =>
      reduceOnPlateau({
        peak,
        better,
        factor: value('factor'),
        patience: value('patience'),
        threshold: value('threshold'),
        cooldown: value('cooldown'),
        floor: peak * value('floor'),
      }),
  },
  {
    name: 'constant',
    label: 'Constant',
    description: 'The same rate throughout.',
    warmup: 0,
    settings: [],
    create: ({ peak }) => constantRate(peak),
  },
]

function withItsWarmup({ warmup, create, settings, ...words }: Shape): ScheduleDefinition {
  const description = 'Share of the run during which the rate rises from nearly nothing.'
  return {
    ...words,
    settings: [setting('warmup', 'Warm-up', description, warmup, [0, 0.5]), ...settings],
    create: (span, chosen: Settings) => {
      const value = (name: string): number => settingValue(chosen, name)
      const warmupSteps = Math.min(Math.round(span.steps * value('warmup')), Math.max(span.steps - 1, 0))
      const schedule = create({ ...span, steps: span.steps - warmupSteps }, value)
      // The first step already moves: the rise starts one step above zero.
      return withWarmup(schedule, warmupSteps, schedule(0) / (warmupSteps + 1))
    },
  }
}

/** Every course of the learning rate there is, the safe first choice first. Settings must be complete. */
export const schedules: readonly ScheduleDefinition[] = shapes.map(withItsWarmup)
