/**
 * Exponential moving average with its start corrected (as Adam does), so that the first values are not drawn towards 0.
 * @param weight share of the past in every value, 0 (as it is) up to, but without, 1
 */
export function smoothed(values: readonly number[], weight: number): number[] {
  let [sum, total] = [0, 0]
  return values.map((value) => {
    if (!Number.isFinite(value)) return value
    sum = weight * sum + (1 - weight) * value
    total = weight * total + (1 - weight)
    return sum / total
  })
}
