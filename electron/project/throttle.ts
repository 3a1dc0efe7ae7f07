/**
 * Calls `action` at once and then at most once per `milliseconds`, the last call never lost. `flush` runs what is
 * pending now, `cancel` drops it.
 */
export function throttle(
  milliseconds: number,
  action: () => void,
): { (): void; flush: () => void; cancel: () => void } {
  let last = -Infinity
  let timer: NodeJS.Timeout | undefined
  const cancel = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  const act = (): void => {
    cancel()
    last = performance.now()
    action()
  }
  const call = (): void => {
    if (timer !== undefined) return
    const wait = last + milliseconds - performance.now()
    if (wait <= 0) act()
    else timer = setTimeout(act, wait)
  }
  const flush = (): void => {
    if (timer !== undefined) act()
  }
  return Object.assign(call, { flush, cancel })
}
