/** Dense square matrices of one size, row-major, float64: what the rejector needs and no more. */

/**
 * Lower triangle L of a symmetric positive definite matrix S = L·Lᵀ.
 * @throws RangeError when S is not positive definite
 */
export function cholesky(symmetric: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = symmetric[i * size + j] as number
      for (let k = 0; k < j; k++) sum -= (lower[i * size + k] as number) * (lower[j * size + k] as number)
      if (i !== j) lower[i * size + j] = sum / (lower[j * size + j] as number)
      else if (sum > 0) lower[i * size + i] = Math.sqrt(sum)
      else throw new RangeError('The covariance is not positive definite.')
    }
  }
  return lower
}

/** Inverse of a lower triangle. */
export function invertLower(lower: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size)
  for (let column = 0; column < size; column++) {
    inverse[column * size + column] = 1 / (lower[column * size + column] as number)
    for (let i = column + 1; i < size; i++) {
      let sum = 0
      for (let k = column; k < i; k++) sum += (lower[i * size + k] as number) * (inverse[k * size + column] as number)
      inverse[i * size + column] = -sum / (lower[i * size + i] as number)
    }
  }
  return inverse
}

/** Lower triangle times vector. */
export function multiplyLower(lower: Float64Array, vector: ArrayLike<number>, size: number): Float64Array {
  const product = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    let sum = 0
    for (let k = 0; k <= i; k++) sum += (lower[i * size + k] as number) * (vector[k] as number)
    product[i] = sum
  }
  return product
}
