import type { Matrix } from './matrix.ts'
import { mapRows } from './matrix.ts'
import { logSumExp } from './softmax.ts'

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Mean negative log-likelihood of the labels, natural logarithm, of softmax(logits / temperature). */
export function logLoss(logits: Matrix, labels: ArrayLike<number>, temperature = 1): number {
  return mean(
    mapRows(logits, (values, index) => {
      const scaled = Float64Array.from(values, (value) => value / temperature)
      return logSumExp(scaled) - (scaled[labels[index] as number] as number)
    }),
  )
}

/** Mean over photos of Σ (probability − 1 if it is the label)², between 0 and 2. */
export function brierScore(probabilities: Matrix, labels: ArrayLike<number>): number {
  return mean(
    mapRows(probabilities, (values, index) => {
      const label = labels[index] as number
      let sum = 0
      for (let column = 0; column < values.length; column++) {
        sum += ((values[column] as number) - Number(column === label)) ** 2
      }
      return sum
    }),
  )
}
