import { philox } from './philox.ts'

/**
 * What a draw depends on. Nothing else: not the order of calls elsewhere, not the worker, not the time.
 * `seed` is a non-negative safe integer, `epoch` and `step` are unsigned 32-bit integers (0 when they play no part),
 * `photo` is one too or an opaque id, `purpose` names the use ("flip", "dropout head", "order").
 */
export interface DrawIdentity {
  readonly seed: number
  readonly epoch?: number
  readonly step?: number
  readonly photo?: number | string
  readonly purpose: string
}

/** FNV-1a over the UTF-8 bytes, 32 bits: names become words of the counter. */
function hashName(name: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

function word(value: number, what: string): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new RangeError(`${what} must be a whole number from 0 to 4294967295, not ${value}.`)
  }
  return value
}

/**
 * The draws of one identity, in order. The identity is the counter of a first Philox block under the seed; its four
 * words are the key and the upper counter of the stream. Philox is a bijection, so two streams of one seed never
 * share a block unless their identities are the same words.
 */
export class RandomStream {
  readonly #block = new Uint32Array(4)
  readonly #identity: Uint32Array
  #next = 4
  #blocks = 0
  #spareNormal: number | undefined

  constructor(identity: DrawIdentity) {
    const { seed, epoch = 0, step = 0, photo = 0, purpose } = identity
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`The seed must be a whole number from 0 to 9007199254740991, not ${seed}.`)
    }
    const photoWord = typeof photo === 'string' ? hashName(photo) : word(photo, 'photo')
    const words = new Uint32Array(4)
    const seedHigh = Math.floor(seed / 0x100000000)
    philox(words, word(epoch, 'epoch'), word(step, 'step'), photoWord, hashName(purpose), seed >>> 0, seedHigh)
    this.#identity = words
  }

  /** 32 random bits, unsigned. */
  bits(): number {
    if (this.#next === 4) {
      const [key0, key1, high0, high1] = this.#identity as unknown as [number, number, number, number]
      philox(this.#block, this.#blocks % 0x100000000, Math.floor(this.#blocks / 0x100000000), high0, high1, key0, key1)
      this.#blocks++
      this.#next = 0
    }
    return this.#block[this.#next++] as number
  }

  /** Uniform in [low, high), 53 bits. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.bits() >>> 5) * 0x4000000 + (this.bits() >>> 6)) / 0x20000000000000
    return low + (high - low) * unit
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability
  }

  /** Uniform whole number in [0, bound), without the bias of a plain remainder. `bound` is 1 to 2^32. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 0x100000000) {
      throw new RangeError(`The bound must be a whole number from 1 to 4294967296, not ${bound}.`)
    }
    const fair = 0x100000000 - (0x100000000 % bound)
    for (;;) {
      const bits = this.bits()
      if (bits < fair) return bits % bound
    }
  }

  /** A seeded shuffle of 0 … length − 1 (Fisher and Yates). */
  permutation(length: number): Uint32Array {
    const order = Uint32Array.from({ length }, (_, index) => index)
    for (let last = length - 1; last > 0; last--) {
      const other = this.integer(last + 1)
      const kept = order[last] as number
      order[last] = order[other] as number
      order[other] = kept
    }
    return order
  }

  /** Normal, by Box and Muller's transform; both of its values are used. */
  normal(mean = 0, deviation = 1): number {
    let unit = this.#spareNormal
    this.#spareNormal = undefined
    if (unit === undefined) {
      // 1 − u lies in (0, 1], so the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
      const angle = 2 * Math.PI * this.uniform()
      unit = radius * Math.cos(angle)
      this.#spareNormal = radius * Math.sin(angle)
    }
    return mean + deviation * unit
  }

  /**
   * Normal conditioned on lying in [low, high] (in the units of the result, as torch's `trunc_normal_` has it), by
   * rejection with the proposal that fits the interval: C. P. Robert, "Simulation of truncated normal variables",
   * Statistics and Computing 5 (1995).
   */
  truncatedNormal(mean: number, deviation: number, low: number, high: number): number {
    if (!(low < high) || !(deviation > 0)) {
      throw new RangeError(
        `A truncated normal needs low < high and a deviation above 0, not [${low}, ${high}], ${deviation}.`,
      )
    }
    const a = (low - mean) / deviation
    const b = (high - mean) / deviation
    // The far side of the mean is the mirror image of the near one.
    const unit = b < 0 ? -this.#truncatedUnit(-b, -a) : this.#truncatedUnit(a, b)
    return Math.min(Math.max(mean + deviation * unit, low), high)
  }

  /** Beta(alpha, beta) as the share of one gamma variate in two, in logarithms: small parameters underflow otherwise. */
  beta(alpha: number, beta: number): number {
    if (!(alpha > 0) || !(beta > 0)) throw new RangeError(`Beta needs parameters above 0, not ${alpha} and ${beta}.`)
    return 1 / (1 + Math.exp(this.#logGamma(beta) - this.#logGamma(alpha)))
  }

  /** Fills `target` with uniform values in [0, 1) of 24 bits, one word each: masks and noise in bulk. */
  fillUniform(target: Float32Array): Float32Array {
    for (let index = 0; index < target.length; index++) target[index] = (this.bits() >>> 8) / 0x1000000
    return target
  }

  /** Fills `target` with 1 (kept, with probability `keep`) or 0 (dropped). */
  fillMask(target: Float32Array, keep: number): Float32Array {
    const threshold = keep * 0x100000000
    for (let index = 0; index < target.length; index++) target[index] = this.bits() < threshold ? 1 : 0
    return target
  }

  /** Standard normal in [a, b] where b ≥ 0. */
  #truncatedUnit(a: number, b: number): number {
    const widest = Math.sqrt(2 * Math.PI)
    if (a <= 0 && b - a > widest) {
      for (;;) {
        const value = this.normal()
        if (value >= a && value <= b) return value
      }
    }
    const nearest = Math.max(a, 0)
    if (a > 0 && b - a > Math.min(1 / a, widest)) {
      const rate = (a + Math.sqrt(a * a + 4)) / 2
      for (;;) {
        const value = a - Math.log(1 - this.uniform()) / rate
        if (value <= b && this.uniform() < Math.exp(-((value - rate) ** 2) / 2)) return value
      }
    }
    for (;;) {
      const value = this.uniform(a, b)
      if (this.uniform() < Math.exp((nearest * nearest - value * value) / 2)) return value
    }
  }

  /** Logarithm of a Gamma(shape, 1) variate: Marsaglia and Tsang (2000), raised by one and scaled back below 1. */
  #logGamma(shape: number): number {
    if (shape < 1) return this.#logGamma(shape + 1) + Math.log(1 - this.uniform()) / shape
    const d = shape - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const x = this.normal()
      const v = (1 + c * x) ** 3
      if (v > 0 && Math.log(1 - this.uniform()) < x * x * 0.5 + d - d * v + d * Math.log(v)) return Math.log(d * v)
    }
  }
}

/** The draws that belong to `identity`, from the first. */
export function stream(identity: DrawIdentity): RandomStream {
  return new RandomStream(identity)
}
