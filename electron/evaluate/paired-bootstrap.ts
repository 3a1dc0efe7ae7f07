/** How the photos of two models compare: right by the first alone, by the second alone, and all of them. */
export interface PairedCounts {
  readonly onlyFirstRight: number
  readonly onlySecondRight: number
  readonly photos: number
}

/** Standard deviations beyond which nothing is added up any more: e^(−50) of the mass. */
const reach = 10

/** Sums of logarithms: log n! for n = 0 … count. */
function logFactorials(count: number): Float64Array {
  const sums = new Float64Array(count + 1)
  for (let n = 1; n <= count; n++) sums[n] = (sums[n - 1] as number) + Math.log(n)
  return sums
}

/** Whole numbers within reach of the mean of a binomial count. */
function window(trials: number, share: number): [low: number, high: number] {
  const [mean, spread] = [trials * share, Math.sqrt(trials * share * (1 - share))]
  return [
    Math.max(0, Math.floor(mean - reach * spread - reach)),
    Math.min(trials, Math.ceil(mean + reach * spread + reach)),
  ]
}

/** count · log share, and 0 when neither is there. */
const weighed = (count: number, share: number): number => (count === 0 ? 0 : count * Math.log(share))

/**
 * Percentile interval of the difference of two accuracies (first − second) by the paired bootstrap (Efron and Tibshirani,
 * "An introduction to the bootstrap", 1993): photos are drawn again and again with replacement, each with the answers
 * of both models. The interval is that of infinitely many draws, since their distribution is known: how many of the
 * drawn photos flipped one way and the other is multinomial.
 *
 * @param level confidence, 0.95 unless given
 * @returns shares from −1 to 1; [−1, 1] without photos
 */
export function pairedBootstrapInterval(
  { onlyFirstRight, onlySecondRight, photos }: PairedCounts,
  level = 0.95,
): [low: number, high: number] {
  if (photos === 0) return [-1, 1]
  const [first, second] = [onlyFirstRight / photos, onlySecondRight / photos]
  const rest = (photos - onlyFirstRight - onlySecondRight) / photos
  const logs = logFactorials(photos)
  const log = (count: number): number => logs[count] as number
  /** Mass of every difference from −photos to photos. */
  const mass = new Float64Array(2 * photos + 1)
  const [firstLow, firstHigh] = window(photos, first)
  const [secondLow, secondHigh] = window(photos, second)
  for (let one = firstLow; one <= firstHigh; one++) {
    for (let two = secondLow; two <= Math.min(secondHigh, photos - one); two++) {
      const others = photos - one - two
      const logMass = log(photos) - log(one) - log(two) - log(others)
      const probability = weighed(one, first) + weighed(two, second) + weighed(others, rest)
      const place = photos + one - two
      mass[place] = (mass[place] as number) + Math.exp(logMass + probability)
    }
  }
  const quantile = (share: number): number => {
    let sum = 0
    const place = mass.findIndex((part) => (sum += part) >= share)
    return (place - photos) / photos
  }
  return [quantile(0.5 - level / 2), quantile(0.5 + level / 2)]
}
