import { describe, expect, test } from 'vitest'
import * as g from './index.ts'
import type { Schedule } from './index.ts'
import { describeShared, readShared } from './testing.ts'

interface Case {
  readonly name: string
  readonly class: string | null
  readonly baseRate: number
  readonly arguments: Readonly<Record<string, number | string | boolean | readonly number[]>>
  readonly values: readonly number[]
  readonly metrics?: readonly number[]
  readonly after?: number
}

/** One-cycle in straight lines: ours goes along cosines alone. */
const notOffered = ['one-cycle linear', 'one-cycle three phases']
/** Past its end PyTorch's cosine rises again, ours stays down: compared until then. */
const risesAgain = 'cosine annealing past its end'

/** Our schedule for a case of the oracle. */
function scheduleOf({ class: kind, baseRate: peak, arguments: given }: Case): Schedule {
  const a = given as Record<string, number>
  const get = (name: string): number => a[name] ?? 0
  /** timm's warm-up either goes before the schedule, or takes the place of its first steps. */
  const warmed = (schedule: Schedule, steps = get('warmup_t'), start = get('warmup_lr_init')): Schedule => {
    if (given['warmup_prefix'] === true) return g.withWarmup(schedule, steps, start)
    const rise = g.withWarmup(g.constantRate(peak), steps, start)
    return (step) => (step < steps ? rise(step) : schedule(step))
  }
  switch (kind) {
    case null:
      return g.constantRate(peak)
    case 'StepLR':
      return g.stepDecay({ peak, every: get('step_size'), factor: get('gamma') })
    case 'MultiStepLR':
      return g.multistep({ peak, milestones: given['milestones'] as number[], factor: get('gamma') })
    case 'ExponentialLR':
      return g.exponential({ peak, factor: get('gamma') })
    case 'CosineAnnealingLR':
      return g.cosine({ peak, steps: get('T_max'), floor: get('eta_min') })
    case 'CosineAnnealingWarmRestarts':
      return g.cosineRestarts({ peak, length: get('T_0'), growth: get('T_mult'), floor: get('eta_min') })
    case 'OneCycleLR':
      return g.oneCycle({
        peak: get('max_lr'),
        steps: get('total_steps'),
        rise: get('pct_start'),
        startDivisor: get('div_factor'),
        endDivisor: get('final_div_factor'),
      })
    case 'PolynomialLR':
      return g.polynomial({ peak, steps: get('total_iters'), power: get('power') })
    case 'LinearLR':
      // Up it is a warm-up, down a straight polynomial.
      return get('start_factor') < 1
        ? g.withWarmup(g.constantRate(peak), get('total_iters'), peak * get('start_factor'))
        : g.polynomial({ peak, steps: get('total_iters'), power: 1 })
    case 'ReduceLROnPlateau':
      return g.reduceOnPlateau({
        peak,
        better: given['mode'] === 'min' ? 'lower' : 'higher',
        factor: get('factor'),
        patience: get('patience'),
        threshold: get('threshold'),
        thresholdMode: given['threshold_mode'] === 'rel' ? 'share' : 'difference',
        cooldown: get('cooldown'),
        floor: get('min_lr'),
      })
    case 'CosineLRScheduler':
      if ('cycle_mul' in a) {
        return g.cosineRestarts({
          peak,
          length: get('t_initial'),
          growth: get('cycle_mul'),
          decay: get('cycle_decay'),
          cycles: get('cycle_limit'),
          floor: get('lr_min'),
        })
      }
      return warmed(g.cosine({ peak, steps: get('t_initial'), floor: get('lr_min') }))
    case 'StepLRScheduler':
      return warmed(g.stepDecay({ peak, every: get('decay_t'), factor: get('decay_rate') }))
    case 'PolyLRScheduler':
      return warmed(g.polynomial({ peak, steps: get('t_initial'), power: get('power'), floor: get('lr_min') }))
    case 'create_scheduler_v2':
      return warmed(
        g.cosine({ peak, steps: get('num_epochs'), floor: get('min_lr') }),
        get('warmup_epochs'),
        get('warmup_lr'),
      )
    default:
      throw new Error(`no schedule for ${kind}`)
  }
}

describeShared('Schedules', 'oracle/schedules.json', () => {
  const { cases } = readShared<{ cases: readonly Case[] }>('oracle/schedules.json')
  const followed = cases.filter(({ name }) => !notOffered.includes(name))

  test('every case is followed or named as not offered', () => {
    expect(followed).toHaveLength(cases.length - notOffered.length)
  })

  test.each(followed)('$name', (of) => {
    const schedule = scheduleOf(of)
    const end = of.name === risesAgain ? Number(of.arguments['T_max']) + 1 : of.values.length
    of.values.slice(0, end).forEach((value, t) => {
      expect(Math.abs(schedule(t) - value), `at ${t}`).toBeLessThanOrEqual(1e-12)
      if (of.metrics !== undefined) schedule.feedback?.observe(of.metrics[t] ?? Number.NaN)
    })
    if (of.after !== undefined) expect(Math.abs(schedule(of.values.length) - of.after)).toBeLessThanOrEqual(1e-12)
  })

  test.each(cases.filter(({ metrics }) => metrics !== undefined))('$name, resumed at every epoch', (of) => {
    const { metrics = [], values } = of
    for (let at = 0; at < metrics.length; at++) {
      const [first, second] = [scheduleOf(of), scheduleOf(of)]
      metrics.slice(0, at).forEach((metric) => first.feedback?.observe(metric))
      second.feedback?.writeState(JSON.parse(JSON.stringify(first.feedback?.readState())) as g.PlateauState)
      for (let t = at; t < metrics.length; t++) {
        expect(Math.abs(second(t) - (values[t] ?? Number.NaN))).toBeLessThanOrEqual(1e-12)
        second.feedback?.observe(metrics[t] ?? Number.NaN)
      }
    }
  })
})

test('one cycle whose rise is a single step starts at its peak', () => {
  const rate = g.oneCycle({ peak: 0.1, steps: 10, rise: 0.1 })
  expect(rate(0)).toBeCloseTo(0.1, 12)
  expect(rate(1)).toBeLessThan(0.1)
})

describe('The registry of schedules', () => {
  test.each(g.schedules.map((definition) => [definition.name, definition] as const))(
    '%s stays between zero and its peak',
    (_, definition) => {
      for (const steps of [1, 2, 7, 100]) {
        const rate = definition.create({ peak: 0.1, steps }, g.completeSettings(definition))
        for (let step = 0; step < steps; step++) {
          expect(rate(step), `step ${step} of ${steps}`).toBeGreaterThan(0)
          expect(rate(step), `step ${step} of ${steps}`).toBeLessThanOrEqual(0.1 + 1e-12)
        }
      }
    },
  )

  test.each(g.schedules.map((definition) => [definition.name, definition] as const))(
    '%s rises in a line at first, if wanted, and then is itself on the steps that are left',
    (_, definition) => {
      const create = (steps: number, warmup: number) =>
        definition.create({ peak: 0.1, steps }, g.completeSettings(definition, { warmup }))
      const [rate, shape] = [create(100, 0.2), create(80, 0)]
      for (let step = 0; step < 20; step++) expect(rate(step)).toBeCloseTo((shape(0) * (step + 1)) / 21, 12)
      for (let step = 20; step < 100; step++) expect(rate(step)).toBe(shape(step - 20))
    },
  )

  test('only the plateau heeds a metric, in its warm-up too', () => {
    const heedful = g.schedules.filter((definition) => {
      const { feedback } = definition.create({ peak: 1, steps: 9 }, g.completeSettings(definition))
      return feedback !== undefined
    })
    expect(heedful.map(({ name }) => name)).toEqual(['plateau'])
    const [plateau] = heedful
    const settings = g.completeSettings(plateau!, { warmup: 0.2, patience: 0 })
    const rate = plateau!.create({ peak: 1, steps: 10, better: 'higher' }, settings)
    rate.feedback?.observe(0.5)
    rate.feedback?.observe(0.5)
    expect([0, 1, 2, 3].map(rate)).toEqual([expect.closeTo(1 / 3), expect.closeTo(1 / 3 + (0.1 - 1 / 3) / 2), 0.1, 0.1])
  })
})
