import { describe, expect, it } from 'vitest'
import { chartText, endLabels, epochSeries, epochTicks, spread, stepPoints, valueAxis } from './epoch-series.ts'
import { epochMetrics } from '../../shared/testing.ts'

const epoch = (number: number, validationLoss: number, validationAccuracy: number) =>
  epochMetrics({ epoch: number, trainLoss: 0.71, trainAccuracy: 0.713, validationLoss, validationAccuracy })
const history = [epoch(1, 2.1, 0.25), epoch(2, 0.85, 0.677)]

describe('an epoch chart', () => {
  it('shows accuracy in per cent and leaves out what is not a number', () => {
    expect(epochSeries(history, 'accuracy').validation).toEqual([
      { x: 1, y: 25 },
      { x: 2, y: 67.7 },
    ])
    expect(epochSeries([epoch(1, Number.NaN, 0)], 'loss').validation).toEqual([])
  })
  it('has an axis of four even steps around the values', () => {
    expect(valueAxis(epochSeries(history, 'loss'), 'loss')).toEqual({ min: 0, max: 2.4, step: 0.6 })
    expect(valueAxis(epochSeries(history, 'accuracy'), 'accuracy')).toEqual({ min: 20, max: 100, step: 20 })
    expect(valueAxis({ training: [], validation: [{ x: 1, y: 99 }] }, 'accuracy')).toEqual({
      min: 80,
      max: 100,
      step: 5,
    })
    expect(valueAxis({ training: [], validation: [] }, 'loss').max).toBe(2)
    expect(valueAxis({ training: [], validation: [] }, 'accuracy')).toEqual({ min: 0, max: 100, step: 25 })
  })
  it('has ticks at round epochs and at the last', () => {
    expect(epochTicks(40)).toEqual([1, 10, 20, 30, 40])
    expect(epochTicks(5)).toEqual([1, 2, 3, 4, 5])
    expect(epochTicks(1)).toEqual([1])
    expect(epochTicks(23)).toEqual([1, 5, 10, 15, 20, 23])
    expect(epochTicks(41)).toEqual([1, 10, 20, 30, 41])
    expect(epochTicks(10_000)).toEqual([1, 2000, 4000, 6000, 8000, 10_000])
    expect(epochTicks(9000)).toEqual([1, 2000, 4000, 6000, 8000, 9000])
    expect(epochTicks(9000, 1200)).toEqual([1, 2000, 4000, 6000, 9000])
  })
  it('has words at the ends of its lines, apart from each other', () => {
    expect(endLabels(epochSeries(history, 'loss'), 'loss').validation?.text).toBe('validation 0.85')
    expect(endLabels(epochSeries(history, 'accuracy'), 'accuracy').training?.text).toBe('training 71.3\u00a0%')
    expect(endLabels({ training: [], validation: [] }, 'loss').training).toBeNull()
    expect(spread(50, 52, 16, 0, 100)).toEqual([43, 59])
    expect(spread(52, 50, 16, 0, 100)).toEqual([59, 43])
    expect(spread(98, 99, 16, 0, 100)).toEqual([84, 100])
    expect(spread(10, 90, 16, 0, 100)).toEqual([10, 90])
  })
  it('can be heard', () => {
    expect(chartText([], 'loss', null)).toBe('Loss by epoch: no epoch is done yet.')
    expect(chartText(history, 'loss', 2)).toBe(
      'Loss by epoch. Epoch 2: validation 0.85, training 0.71. Best epoch 2: validation 0.85.',
    )
  })
})

it('steps stand on the axis of the epochs, the last one of an epoch where the epoch does', () => {
  const series = { stepsPerEpoch: 4, steps: [1, 4, 8], losses: [2, 1, 0.5], learningRates: [1, 1, 1] }
  expect(stepPoints(series)).toEqual([
    { x: 0.25, y: 2 },
    { x: 1, y: 1 },
    { x: 2, y: 0.5 },
  ])
})
