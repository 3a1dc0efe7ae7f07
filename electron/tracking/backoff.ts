/** Milliseconds. */
const [first, longest] = [1000, 300_000]

/**
 * How long to wait after so many attempts in a row, milliseconds: twice as long each time, from a second to five
 * minutes, of which half is by chance, so that many who lost the same server do not come back at once.
 */
export function backoff(attempts: number, random: () => number = Math.random): number {
  const whole = Math.min(longest, first * 2 ** Math.min(attempts - 1, 30))
  return whole * (0.5 + 0.5 * random())
}
