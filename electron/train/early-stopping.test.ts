import { describe, expect, it } from 'vitest'
import { createEarlyStopping } from './early-stopping.ts'

describe('early stopping', () => {
  it('keeps the epoch with the lowest loss and gives up after as many worse epochs as it has patience', () => {
    const stopping = createEarlyStopping(2)
    const answers = [1.0, 0.8, 0.9, 0.7, 0.7, 0.75].map((loss, index) => stopping.observe(index + 1, loss))
    expect(answers.map((answer) => answer.improved)).toEqual([true, true, false, true, false, false])
    expect(answers.map((answer) => answer.exhausted)).toEqual([false, false, false, false, false, true])
    expect(stopping.bestEpoch).toBe(4)
    expect(stopping.bestLoss).toBe(0.7)
  })

  it('never gives up without patience', () => {
    const stopping = createEarlyStopping(0)
    stopping.observe(1, 0.5)
    expect(stopping.observe(500, 0.6)).toEqual({ improved: false, exhausted: false })
  })

  it('takes no loss that is not a number for an improvement, and counts it', () => {
    const stopping = createEarlyStopping(2)
    expect(stopping.observe(1, Number.NaN)).toEqual({ improved: false, exhausted: false })
    expect(stopping.observe(2, Number.POSITIVE_INFINITY)).toEqual({ improved: false, exhausted: true })
    expect(stopping.bestEpoch).toBeNull()
  })
})
