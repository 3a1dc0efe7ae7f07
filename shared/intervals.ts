/** Quantile of the standard normal distribution, to about 1e-15: Newton steps on a first guess by Hastings. */
export function normalQuantile(level: number): number {
  if (!(level > 0 && level < 1)) throw new RangeError(`A level between 0 and 1 is needed, not ${level}.`)
  if (level < 0.5) return -normalQuantile(1 - level)
  const t = Math.sqrt(-2 * Math.log(1 - level))
  let x = t - (2.30753 + 0.27061 * t) / (1 + 0.99229 * t + 0.04481 * t * t)
  for (let step = 0; step < 4; step++) {
    const error = upperTail(x) - (1 - level)
    x += error / (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI))
  }
  return x
}

/** P(X > x) of the standard normal for x ≥ 0: by the power series near 0, by the continued fraction beyond. */
function upperTail(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
  if (x < 3) {
    let [term, sum] = [x, x]
    for (let n = 1; n < 120; n++) {
      term *= (x * x) / (2 * n + 1)
      sum += term
    }
    return 0.5 - density * sum
  }
  let fraction = x
  for (let n = 120; n > 0; n--) fraction = x + n / fraction
  return density / fraction
}

/**
 * Wilson's score interval for a share, without continuity correction (E. B. Wilson, 1927).
 * @param level confidence, 0.95 unless given
 */
export function wilsonInterval(successes: number, trials: number, level = 0.95): [low: number, high: number] {
  if (trials === 0) return [0, 1]
  const z = normalQuantile(0.5 + level / 2)
  const share = successes / trials
  const centre = share + (z * z) / (2 * trials)
  const spread = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials))
  const scale = 1 + (z * z) / trials
  // At the ends the two terms cancel exactly in mathematics, but not in floating point.
  const low = successes === 0 ? 0 : (centre - spread) / scale
  const high = successes === trials ? 1 : (centre + spread) / scale
  return [low, high]
}
