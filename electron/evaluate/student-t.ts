/**
 * P(T ≤ t) of Student's distribution with a whole number of degrees of freedom, by its finite series
 * (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).
 */
export function studentCdf(t: number, degrees: number): number {
  if (!Number.isInteger(degrees) || degrees < 1) {
    throw new RangeError(`Degrees of freedom are a whole number from 1, not ${degrees}.`)
  }
  const angle = Math.atan(t / Math.sqrt(degrees))
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)]
  const odd = degrees % 2 === 1
  let term = odd ? cosine : 1
  let sum = degrees === 1 ? 0 : term
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= ((k - 1) / k) * cosine * cosine
    sum += term
  }
  const inside = odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum
  return 0.5 + inside / 2
}

/** The t below which a share `level` of the distribution lies, by bisection to double precision. */
export function studentQuantile(level: number, degrees: number): number {
  if (!(level > 0 && level < 1)) throw new RangeError(`A level between 0 and 1 is needed, not ${level}.`)
  if (level < 0.5) return -studentQuantile(1 - level, degrees)
  let [low, high] = [0, 1]
  while (studentCdf(high, degrees) < level) high *= 2
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (studentCdf(middle, degrees) < level) low = middle
    else high = middle
  }
  return high
}

/** Mean with its confidence interval by Student's t; null where a single value says nothing of the spread. */
export function meanInterval(
  values: readonly number[],
  level = 0.95,
): { mean: number; interval: [low: number, high: number] | null } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  if (values.length < 2) return { mean, interval: null }
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  const half = studentQuantile(0.5 + level / 2, values.length - 1) * Math.sqrt(variance / values.length)
  return { mean, interval: [mean - half, mean + half] }
}
