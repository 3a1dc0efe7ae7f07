import { describe, expect, it } from 'vitest'
import type { EpochMetrics } from './training.ts'
import { createEarlyStopping } from './early-stopping.ts'
import { epochMetrics } from './testing.ts'

const base = epochMetrics({ trainAccuracy: 0, trainMacroF1: 0, validationAccuracy: 0, validationMacroF1: 0 })
const watch = { monitor: 'loss', patience: 2, minimumChange: 0 } as const
/** What is said of epochs that differ in one metric. */
function answers(stopping: ReturnType<typeof createEarlyStopping>, key: keyof EpochMetrics, values: number[]) {
  return values.map((value, index) => {
    const improved = stopping.observe({ ...base, epoch: index + 1, [key]: value })
    return [improved, stopping.exhausted]
  })
}
const yes = [true, false]
const no = [false, false]
const end = [false, true]

describe('early stopping', () => {
  it('keeps the epoch with the lowest loss and gives up after as many worse epochs as it has patience', () => {
    const stopping = createEarlyStopping(watch)
    expect(answers(stopping, 'validationLoss', [1.0, 0.8, 0.9, 0.7, 0.7, 0.75])).toEqual([yes, yes, no, yes, no, end])
    expect(stopping.bestEpoch).toBe(4)
  })

  it.each([
    ['accuracy', 'validationAccuracy'],
    ['macroF1', 'validationMacroF1'],
  ] as const)('watches %s just as well: higher is better', (monitor, key) => {
    const stopping = createEarlyStopping({ ...watch, monitor })
    expect(answers(stopping, key, [0.5, 0.7, 0.6, 0.7])).toEqual([yes, yes, no, end])
    expect(stopping.bestEpoch).toBe(2)
  })

  it('renews its patience only for an improvement that is worth it, and still keeps the best', () => {
    const stopping = createEarlyStopping({ ...watch, minimumChange: 0.1 })
    expect(answers(stopping, 'validationLoss', [1.0, 0.95, 0.91])).toEqual([yes, yes, [true, true]])
    expect(stopping.bestEpoch).toBe(3)
  })

  it('never gives up without patience', () => {
    const stopping = createEarlyStopping({ ...watch, patience: 0 })
    stopping.observe({ ...base, validationLoss: 0.5 })
    expect(stopping.observe({ ...base, epoch: 500, validationLoss: 0.6 })).toBe(false)
    expect(stopping.exhausted).toBe(false)
  })

  it('takes no loss that is not a number for an improvement, and counts it', () => {
    const stopping = createEarlyStopping(watch)
    expect(answers(stopping, 'validationLoss', [Number.NaN, Number.POSITIVE_INFINITY])).toEqual([no, end])
    expect(stopping.bestEpoch).toBeNull()
  })
})
