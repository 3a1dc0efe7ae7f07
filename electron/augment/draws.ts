import type { RandomStream } from '../engine/random/index.ts'

/** Where the numbers of a view come from: chance in training; the ends of every range in the strip of extremes. */
export type Draws = Pick<RandomStream, 'uniform' | 'chance' | 'integer' | 'permutation' | 'bits'>

/** A number between −most and most. */
export const either = (draws: Draws, most: number): number => draws.uniform(-most, most)

/** Every number at the lower or upper end of its range, and everything is done. */
export function endDraws(end: 'low' | 'high', bits: () => number): Draws {
  return {
    uniform: (low = 0, high = 1) => (end === 'low' ? low : high),
    chance: () => true,
    integer: (bound) => (end === 'low' ? 0 : bound - 1),
    permutation: (length) => Uint32Array.from({ length }, (_, index) => index),
    bits,
  }
}
