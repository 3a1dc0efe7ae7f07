/** An action that takes long, such as counting 100,000 photos, leaves nine tenths of the time to others. */
const rest = 9

/**
 * Calls `action` at once and then at most once per `milliseconds`, and less often where it takes long itself; the last
 * call is never lost. `flush` runs what is pending now, `cancel` drops it.
 */
export function throttle(
  milliseconds: number,
  action: () => void,
): { (): void; flush: () => void; cancel: () => void } {
  let next = -Infinity
  let timer: NodeJS.Timeout | undefined
  const cancel = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  const act = (): void => {
    cancel()
    const began = performance.now()
    // Set before the call too: the action may cause the next one.
    next = began + milliseconds
    action()
    const ended = performance.now()
    next = Math.max(next, ended + rest * (ended - began))
  }
  const call = (): void => {
    if (timer !== undefined) return
    const wait = next - performance.now()
    if (wait <= 0) act()
    else timer = setTimeout(act, wait)
  }
  const flush = (): void => {
    if (timer !== undefined) act()
  }
  return Object.assign(call, { flush, cancel })
}
