/** What 8 bits have to stand for: from `low` to `high`, zero included. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** How a range is chosen from the values that were seen. */
export type RangeRule = 'all' | 'percentile'

const bins = 4096
/** Share of the values that a percentile leaves out on each side, where it cuts. */
const cut = 1e-4
/** Every so many values are counted: enough to see the distribution, and no multiple of a width or a channel. */
const stride = 7

/** Counts of values in equal bins from −limit to limit; the limit grows with the values, in powers of two. */
export class Histogram {
  readonly #counts = new Float64Array(bins)
  #limit = 0
  #low = 0
  #high = 0

  add(values: Float32Array): void {
    const { length } = values
    let [low, high] = [this.#low, this.#high]
    // By index: iterators would take most of the time here.
    for (let i = 0; i < length; i++) {
      const value = values[i] as number
      if (value < low) low = value
      if (value > high) high = value
    }
    this.#low = low
    this.#high = high
    this.#reach(Math.max(-low, high))
    if (this.#limit === 0) return
    const scale = bins / 2 / this.#limit
    const counts = this.#counts
    for (let i = 0; i < length; i += stride) {
      const bin = Math.min(bins - 1, ((values[i] as number) * scale + bins / 2) | 0)
      counts[bin] = (counts[bin] as number) + 1
    }
  }

  range(rule: RangeRule): Range {
    const all = { low: this.#low, high: this.#high }
    if (this.#limit === 0 || rule === 'all') return all
    const { low, high } = this.#percentiles()
    return { low: Math.max(low, all.low), high: Math.min(high, all.high) }
  }

  /**
   * What rounding to bytes over the whole range does to the bulk of the values: its variance, as a share of their mean
   * square. Large where a few values lie far outside of the others.
   */
  get noise(): number {
    const bulk = this.#percentiles()
    let [count, squares] = [0, 0]
    this.#counts.forEach((own, bin) => {
      const value = this.#edge(bin + 0.5)
      if (value < bulk.low || value > bulk.high) return
      count += own
      squares += own * value ** 2
    })
    return squares === 0 ? 0 : (((this.#high - this.#low) / 255) ** 2 / 12 / squares) * count
  }

  #reach(limit: number): void {
    if (this.#limit === 0) this.#limit = limit
    while (limit > this.#limit) {
      const wider = new Float64Array(bins)
      this.#counts.forEach((count, bin) => {
        const at = bins / 4 + Math.floor(bin / 2)
        wider[at] = (wider[at] as number) + count
      })
      this.#counts.set(wider)
      this.#limit *= 2
    }
  }

  #edge(bin: number): number {
    return ((bin - bins / 2) * this.#limit * 2) / bins
  }

  #percentiles(): Range {
    const total = this.#counts.reduce((sum, count) => sum + count, 0)
    let [first, last] = [0, bins]
    for (let seen = 0; first < bins / 2; first++) {
      seen += this.#counts[first] as number
      if (seen > total * cut) break
    }
    for (let seen = 0; last > bins / 2; last--) {
      seen += this.#counts[last - 1] as number
      if (seen > total * cut) break
    }
    return { low: Math.min(this.#edge(first), 0), high: Math.max(this.#edge(last), 0) }
  }
}
