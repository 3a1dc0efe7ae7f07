import { describe, expect, it } from 'vitest'
import { defaultSettings } from '../settings/settings.ts'
import { rateOf, sampleRates } from './schedule.ts'

const base = { ...defaultSettings('simple_cnn', 'scratch', 1500), epochs: 10, learningRate: 0.01 }

describe('the learning rate of a run', () => {
  it('rises over the warm-up epochs, is at its highest after them and falls to almost nothing', () => {
    const rate = rateOf({ ...base, schedule: 'cosine', warmupEpochs: 2 }, 20)
    expect(rate.at(0)).toBeGreaterThan(0)
    expect(rate.at(20)).toBeCloseTo(0.01 * (21 / 41), 10)
    expect(rate.at(40)).toBeCloseTo(0.01, 10)
    // Halfway down the cosine lies the mean of its ends.
    expect(rate.at(120)).toBeCloseTo((0.01 + 0.00001) / 2, 10)
    expect(rate.at(199)).toBeLessThan(2e-5)
    expect(rate.at(199)).toBeGreaterThan(0)
  })

  it('goes up and down in one cycle', () => {
    const rate = rateOf({ ...base, schedule: 'oneCycle' }, 20)
    expect(rate.at(0)).toBeCloseTo(0.01 / 25, 10)
    expect(rate.at(59)).toBeCloseTo(0.01, 10)
    expect(rate.at(199)).toBeCloseTo(0.01 / 25 / 1e4, 12)
  })

  it('stays where it is', () => {
    expect(sampleRates({ ...base, schedule: 'constant' }, 20, 5)).toEqual([0.01, 0.01, 0.01, 0.01, 0.01])
  })

  it.each(['cosine', 'oneCycle', 'constant'] as const)('has a rate for runs of one step (%s)', (schedule) => {
    const rates = sampleRates({ ...base, schedule, epochs: 1, warmupEpochs: 3 }, 1, 97)
    expect(rates).toHaveLength(97)
    for (const rate of rates) expect(rate).toBeGreaterThan(0)
  })
})
