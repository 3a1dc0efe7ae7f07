import { describe, expect, it } from 'vitest'
import { inBrush, moved, parallelAxis } from './parallel-axis.ts'
import { smoothed } from './smoothing.ts'

const given = { key: 'rate', title: 'Rate' }

describe('an axis of parallel coordinates', () => {
  it('lays numbers out evenly, or by their logarithm', () => {
    const linear = parallelAxis(given, [0, 5, 10], false)
    expect([0, 5, 10, undefined].map((value) => linear?.position(value))).toEqual([0, 0.5, 1, null])
    expect(linear?.ticks.map(({ text }) => text)).toEqual(['0', '2', '4', '6', '8', '10'])
    expect(linear?.canBeLog).toBe(false)
    const log = parallelAxis(given, [0.0001, 0.001, 0.01], true)
    expect(log?.position(0.001)).toBeCloseTo(0.5, 12)
    expect(log?.ticks.map(({ text }) => text)).toEqual(['0.0001', '0.0003', '0.001', '0.003', '0.01'])
    expect(log?.said(0.5)).toBe('0.001')
  })
  it('puts a single value in the middle', () => {
    expect(parallelAxis(given, [3, 3], true)).toMatchObject({ canBeLog: false, ticks: [{ at: 0.5, text: '3' }] })
    expect(parallelAxis(given, [0], false)?.position(0)).toBe(0.5)
    expect(parallelAxis(given, ['one'], false)?.position('one')).toBe(0.5)
  })
  it('has a place for every word, and none where nothing is known', () => {
    const words = parallelAxis(given, ['vit', 'cnn', undefined, 'resnet'], false)
    expect(['cnn', 'resnet', 'vit', 'other'].map((word) => words?.position(word))).toEqual([0, 0.5, 1, null])
    expect(words?.said(0.9)).toBe('vit')
    expect(parallelAxis(given, [undefined], false)).toBeNull()
    expect(parallelAxis(given, ['auto', 4], false)?.ticks.map(({ text }) => text)).toEqual(['4', 'auto'])
  })
  it('is brushed and moved', () => {
    expect([0.2, 0.5, null].map((at) => inBrush(at, [0.2, 0.4]))).toEqual([true, false, false])
    expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a'])
    expect(moved(['a', 'b', 'c'], 2, -1)).toEqual(['c', 'a', 'b'])
  })
})

describe('smoothing', () => {
  it('keeps a constant, and as much of the past as it is told', () => {
    smoothed([2, 2, 2], 0.9).forEach((value) => expect(value).toBeCloseTo(2, 12))
    expect(smoothed([1, 5, 3], 0)).toEqual([1, 5, 3])
    // By hand: (0.5·1 + 0.5·0.5·…) / (1 − 0.5ⁿ).
    const [first, second, third] = smoothed([1, 5, 3], 0.5)
    expect(first).toBe(1)
    expect(second).toBeCloseTo((0.25 * 1 + 0.5 * 5) / 0.75, 12)
    expect(third).toBeCloseTo((0.125 * 1 + 0.25 * 5 + 0.5 * 3) / 0.875, 12)
  })
  it('passes over what is no number', () => expect(smoothed([1, Number.NaN, 1], 0.5)).toEqual([1, Number.NaN, 1]))
})
