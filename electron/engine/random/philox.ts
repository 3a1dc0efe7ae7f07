/**
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011). A block of four 32-bit words is a bijection of the 128-bit counter, chosen by the 64-bit key:
 * there is no state to save, so a resumed run draws exactly what the interrupted one would have drawn.
 */

const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1 = 0xcd9e8d57
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85
const ROUNDS = 10

/** Upper 32 bits of the 64-bit product of two unsigned 32-bit words, as a signed word. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  // Neither sum reaches 2^32: both are exact as unsigned words.
  const middle = (aHigh * bLow + ((aLow * bLow) >>> 16)) >>> 0
  const carry = (aLow * bHigh + (middle & 0xffff)) >>> 0
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) | 0
}

/** Writes the four words of block `counter` under `key` into `block` (all words unsigned). */
export function philox(
  block: Uint32Array,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
): void {
  let [c0, c1, c2, c3] = [counter0 >>> 0, counter1 >>> 0, counter2 >>> 0, counter3 >>> 0]
  let [k0, k1] = [key0 | 0, key1 | 0]
  for (let round = 0; round < ROUNDS; round++) {
    const next0 = (multiplyHigh(MULTIPLIER_1, c2) ^ c1 ^ k0) >>> 0
    const next2 = (multiplyHigh(MULTIPLIER_0, c0) ^ c3 ^ k1) >>> 0
    c1 = Math.imul(MULTIPLIER_1, c2) >>> 0
    c3 = Math.imul(MULTIPLIER_0, c0) >>> 0
    c0 = next0
    c2 = next2
    k0 = (k0 + WEYL_0) | 0
    k1 = (k1 + WEYL_1) | 0
  }
  block[0] = c0
  block[1] = c1
  block[2] = c2
  block[3] = c3
}
