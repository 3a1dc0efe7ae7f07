import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { throttle } from './throttle.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** Calls every millisecond for almost a second; how often the action, which takes `duration`, was carried out. */
function carriedOut(duration: number): number {
  let count = 0
  const call = throttle(100, () => {
    count++
    vi.advanceTimersByTime(duration)
  })
  const end = performance.now() + 999
  while (performance.now() < end) {
    call()
    vi.advanceTimersByTime(1)
  }
  return count
}

test('an action is carried out once per interval', () => {
  expect(carriedOut(0)).toBe(10)
})

test('an action that takes long leaves nine tenths of the time to others', () => {
  expect(carriedOut(50)).toBe(2)
})

test('the last call is not lost, and a cancelled one is', () => {
  const action = vi.fn<() => void>()
  const call = throttle(100, action)
  call()
  call()
  expect(action).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(100)
  expect(action).toHaveBeenCalledTimes(2)
  call()
  call()
  call.cancel()
  vi.advanceTimersByTime(1000)
  expect(action).toHaveBeenCalledTimes(2)
})
