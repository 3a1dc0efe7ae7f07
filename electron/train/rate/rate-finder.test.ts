import { describe, expect, it } from 'vitest'
import { steepestRate, sweep, sweepRates, valleyRate } from './rate-finder.ts'

/**
 * Losses of a hundred steps, drawn in Python: flat, falling between 1e-4 and 1e-2, rising at last, with noise. What
 * fastai's own `valley`, `steep` and smoothing (fastai/callback/schedule.py, learner.py; copied to NumPy) make of them
 * stands below.
 */
const losses = [
  1.763016, 1.395239, 1.633081, 1.55414, 1.563264, 1.582126, 1.437654, 1.580553, 1.529717, 1.864566, 1.616542, 1.569973,
  1.575328, 1.543966, 1.512495, 1.565043, 1.634147, 1.575654, 1.670341, 1.576523, 1.593001, 1.713004, 1.630896, 1.54443,
  1.567322, 1.621748, 1.729228, 1.548013, 1.544374, 1.637286, 1.478224, 1.51645, 1.599433, 1.562468, 1.508494, 1.537582,
  1.237933, 1.523273, 1.339131, 1.25353, 1.376934, 1.375333, 1.244954, 1.152678, 1.196515, 1.143725, 1.212421, 1.111015,
  1.017958, 1.043355, 0.891412, 0.789297, 0.868208, 0.829177, 0.729693, 0.651887, 0.703796, 0.46013, 0.692085, 0.656262,
  0.468521, 0.58956, 0.494636, 0.621298, 0.388559, 0.470107, 0.59322, 0.623194, 0.353161, 0.481839, 0.544451, 0.466547,
  0.640075, 0.415458, 0.537381, 0.423687, 0.618813, 0.503577, 0.474667, 0.366271, 0.637667, 0.562836, 0.562474,
  0.613292, 0.555506, 0.48332, 0.479333, 0.490758, 0.679013, 0.471288, 0.564307, 0.616816, 0.699388, 0.777054, 0.694341,
  0.736482, 0.977279, 1.205669, 1.336037, 1.505408,
]
const fastai = { smoothed50: 1.4434434160412284, valley: 0.007054802310718645, steep: 0.0033516026509388406 }

describe('the learning-rate finder', () => {
  it('finds what fastai finds on the same losses', async () => {
    const rates: number[] = []
    const search = await sweepRates(async (rate, index) => {
      rates.push(rate)
      return losses[index] as number
    })
    expect(rates[0]).toBe(sweep.first)
    expect(rates.at(-1)).toBeCloseTo(sweep.last, 9)
    expect(search.points[49]?.loss).toBeCloseTo(fastai.smoothed50, 12)
    expect(search.valley).toBeCloseTo(fastai.valley, 12)
    expect(search.steepest).toBeCloseTo(fastai.steep, 12)
  })

  it('ends when the loss grows beyond measure or is no number', async () => {
    const grown = await sweepRates(async (_, index) => (index < 40 ? 1 : 1000))
    expect(grown.points.length).toBeLessThan(50)
    const broken = await sweepRates(async (_, index) => (index < 30 ? 2 - index / 30 : Number.NaN))
    expect(broken.points).toHaveLength(30)
    expect(broken.valley).toBeGreaterThan(sweep.first)
  })

  it('suggests nothing where nothing falls', () => {
    const rising = Array.from({ length: 20 }, (_, index) => ({ rate: 10 ** (index / 4 - 6), loss: index }))
    expect(steepestRate(rising)).toBeNull()
    expect(valleyRate(rising)).toBeNull()
    expect(valleyRate([])).toBeNull()
  })
})
