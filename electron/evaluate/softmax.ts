import type { Matrix } from './matrix.ts'
import { mapRows, row } from './matrix.ts'

/** log Σ exp(values), without overflow. */
export function logSumExp(values: ArrayLike<number>): number {
  let largest = -Infinity
  for (let index = 0; index < values.length; index++) largest = Math.max(largest, values[index] as number)
  if (largest === -Infinity) return -Infinity
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += Math.exp((values[index] as number) - largest)
  return largest + Math.log(sum)
}

/** Probabilities softmax(logits / temperature), in float64. */
export function softmax(logits: Matrix, temperature = 1): Matrix {
  const { rows, columns } = logits
  const data = new Float64Array(rows * columns)
  for (let index = 0; index < rows; index++) {
    const scaled = Float64Array.from(row(logits, index), (value) => value / temperature)
    const total = logSumExp(scaled)
    for (let column = 0; column < columns; column++) {
      data[index * columns + column] = Math.exp((scaled[column] as number) - total)
    }
  }
  return { rows, columns, data }
}

/** Index of the largest value; the first of equal ones. −1 when there is none. */
export function indexOfMaximum(values: ArrayLike<number>): number {
  let best = -1
  for (let index = 0; index < values.length; index++) {
    if (best < 0 || (values[index] as number) > (values[best] as number)) best = index
  }
  return best
}

/** The predicted class of every row. */
export function predictions(scores: Matrix): Int32Array {
  return Int32Array.from({ length: scores.rows }, (_, index) => indexOfMaximum(row(scores, index)))
}

/** The largest value of every row: of probabilities, how sure the prediction is. */
export function rowMaxima(scores: Matrix): Float64Array {
  return mapRows(scores, (values) => values[indexOfMaximum(values)] as number)
}
