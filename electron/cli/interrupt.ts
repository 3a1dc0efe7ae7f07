const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Calls `cancel` at Ctrl+C, and when the terminal is closed or the process told to end; what is in hand is then let go of
 * in order. The same signal a second time ends the process at once.
 * @returns a function that listens no longer
 */
export function onInterrupt(cancel: () => void): () => void {
  for (const signal of signals) process.once(signal, cancel)
  return () => {
    for (const signal of signals) process.off(signal, cancel)
  }
}
