/** How two models compare on the same photos. */
export interface PairedComparison {
  readonly bothRight: number
  readonly onlyFirstRight: number
  readonly onlySecondRight: number
  readonly bothWrong: number
  /** Two-sided exact p value of McNemar's test: how likely so uneven a split is if both are equally good. */
  readonly p: number
}

/** min(1, 2·P[Bin(b + c, ½) ≤ min(b, c)]), and 1 if b + c = 0. */
export function mcNemarExact(onlyFirstRight: number, onlySecondRight: number): number {
  const trials = onlyFirstRight + onlySecondRight
  const fewer = Math.min(onlyFirstRight, onlySecondRight)
  // In logarithms: ½ to the power of a thousand trials underflows.
  let logChoices = 0
  let tail = 0
  for (let hits = 0; hits <= fewer; hits++) {
    tail += Math.exp(logChoices - trials * Math.LN2)
    logChoices += Math.log((trials - hits) / (hits + 1))
  }
  return Math.min(1, 2 * tail)
}

/** @param labels true classes @param first @param second predictions of the two models, in the same order */
export function comparePaired(
  labels: ArrayLike<number>,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): PairedComparison {
  const counts = { bothRight: 0, onlyFirstRight: 0, onlySecondRight: 0, bothWrong: 0 }
  for (let index = 0; index < labels.length; index++) {
    const [one, two] = [first[index] === labels[index], second[index] === labels[index]]
    counts[one ? (two ? 'bothRight' : 'onlyFirstRight') : two ? 'onlySecondRight' : 'bothWrong']++
  }
  return { ...counts, p: mcNemarExact(counts.onlyFirstRight, counts.onlySecondRight) }
}
