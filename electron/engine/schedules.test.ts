import { describe, expect, test } from 'vitest'
import * as g from './index.ts'
import type { Schedule } from './index.ts'
import { describeShared, readShared } from './testing.ts'

interface Case {
  readonly name: string
  readonly class: string | null
  readonly baseRate: number
  readonly arguments: Readonly<Record<string, number | string | boolean>>
  readonly values: readonly number[]
}

/** Our schedule for a case of the oracle; nothing for those that Fleuron does not offer. */
function scheduleOf({ class: kind, baseRate: peak, arguments: given, values }: Case): Schedule | undefined {
  const a = given as Record<string, number>
  switch (kind) {
    case null:
      return g.constantRate(peak)
    case 'StepLR':
      return g.stepDecay({ peak, every: a['step_size'] ?? 0, factor: a['gamma'] ?? 0 })
    case 'ExponentialLR':
      return g.exponential({ peak, factor: a['gamma'] ?? 0 })
    case 'CosineAnnealingLR':
      // Past its end PyTorch's cosine rises again, ours stays down.
      if (values.length > (a['T_max'] ?? 0) + 1) return undefined
      return g.cosine({ peak, steps: a['T_max'] ?? 0, floor: a['eta_min'] ?? 0 })
    case 'OneCycleLR':
      if (given['three_phase'] === true || given['anneal_strategy'] === 'linear') return undefined
      return g.oneCycle({
        peak: a['max_lr'] ?? 0,
        steps: a['total_steps'] ?? 0,
        rise: a['pct_start'] ?? 0,
        startDivisor: a['div_factor'] ?? 0,
        endDivisor: a['final_div_factor'] ?? 0,
      })
    case 'CosineLRScheduler':
      if (given['warmup_prefix'] !== true) return undefined
      return g.cosine({
        peak,
        steps: (a['t_initial'] ?? 0) + (a['warmup_t'] ?? 0),
        warmupSteps: a['warmup_t'] ?? 0,
        warmupRate: a['warmup_lr_init'] ?? 0,
        floor: a['lr_min'] ?? 0,
      })
    case 'create_scheduler_v2':
      if (given['warmup_prefix'] !== true) return undefined
      return g.cosine({
        peak,
        steps: (a['num_epochs'] ?? 0) + (a['warmup_epochs'] ?? 0),
        warmupSteps: a['warmup_epochs'] ?? 0,
        warmupRate: a['warmup_lr'] ?? 0,
        floor: a['min_lr'] ?? 0,
      })
    default:
      return undefined
  }
}

describeShared('Schedules', 'oracle/schedules.json', () => {
  const { cases } = readShared<{ cases: readonly Case[] }>('oracle/schedules.json')
  const offered = cases.flatMap((of) => {
    const schedule = scheduleOf(of)
    return schedule === undefined ? [] : [{ name: of.name, of, schedule }]
  })

  test('the oracle has cases of each', () => expect(offered).toHaveLength(9))

  test.each(offered)('$name', ({ of, schedule }) => {
    of.values.forEach((value, t) => expect(Math.abs(schedule(t) - value), `at ${t}`).toBeLessThanOrEqual(1e-12))
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
})
