import { cholesky, invertLower, multiplyLower } from './linear-algebra.ts'
import type { Matrix } from './matrix.ts'
import { row } from './matrix.ts'

/** Weight of the spherical part in a shrunk covariance: (1 − s)·S + s·(trace S / d)·I. */
export const defaultShrinkage = 0.1

/**
 * Gaussian clouds of one shape around several centres, in whitened space: there the squared Mahalanobis distance is
 * the squared Euclidean one, ‖W·x − m‖².
 */
export interface SharedGaussian {
  readonly dimensions: number
  /** W, [dimensions, dimensions], lower triangular: the inverse of the Cholesky factor of the covariance. */
  readonly whitening: Float64Array
  /** The whitened centres m, a row for every class that has photos. */
  readonly means: Matrix
}

/** Sum of the rows of each class, and their number. */
function classSums(features: Matrix, labels: ArrayLike<number>): Map<number, { count: number; sum: Float64Array }> {
  const sums = new Map<number, { count: number; sum: Float64Array }>()
  for (let index = 0; index < features.rows; index++) {
    const label = labels[index] as number
    const entry = sums.get(label) ?? { count: 0, sum: new Float64Array(features.columns) }
    entry.count++
    row(features, index).forEach((value: number, column: number) => {
      entry.sum[column] = (entry.sum[column] as number) + value
    })
    sums.set(label, entry)
  }
  return sums
}

/** Mean of (x − its class mean)(x − its class mean)ᵀ over all rows, divided by their number. */
function tiedCovariance(features: Matrix, labels: ArrayLike<number>, means: Map<number, Float64Array>): Float64Array {
  const { rows, columns } = features
  const covariance = new Float64Array(columns * columns)
  const centred = new Float64Array(columns)
  for (let index = 0; index < rows; index++) {
    const mean = means.get(labels[index] as number) as Float64Array
    const values = row(features, index)
    for (let i = 0; i < columns; i++) centred[i] = (values[i] as number) - (mean[i] as number)
    for (let i = 0; i < columns; i++) {
      const factor = centred[i] as number
      const start = i * columns
      for (let j = 0; j <= i; j++)
        covariance[start + j] = (covariance[start + j] as number) + factor * (centred[j] as number)
    }
  }
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (covariance[i * columns + j] as number) / rows
      covariance[i * columns + j] = value
      covariance[j * columns + i] = value
    }
  }
  return covariance
}

function shrink(covariance: Float64Array, size: number, shrinkage: number): Float64Array {
  let trace = 0
  for (let i = 0; i < size; i++) trace += covariance[i * size + i] as number
  // With one photo per class, or equal ones, nothing varies: any sphere will do, and this one can be inverted.
  const sphere = shrinkage === 0 ? 0 : Math.max(shrinkage * (trace / size), 1e-12)
  return covariance.map((value, index) => (1 - shrinkage) * value + (index % (size + 1) === 0 ? sphere : 0))
}

/**
 * Fits one covariance for all classes and a mean for each.
 * @param labels class of each row; classes without rows get no mean
 * @throws RangeError when there are no rows, or the covariance is singular and not shrunk
 */
export function fitSharedGaussian(features: Matrix, labels: ArrayLike<number>, shrinkage: number): SharedGaussian {
  const { rows, columns: dimensions } = features
  if (rows === 0) throw new RangeError('There are no photos to fit to.')
  const means = new Map(
    [...classSums(features, labels)]
      .sort(([a], [b]) => a - b)
      .map(([label, { count, sum }]) => [label, sum.map((value) => value / count)]),
  )
  const covariance = shrink(tiedCovariance(features, labels, means), dimensions, shrinkage)
  const whitening = invertLower(cholesky(covariance, dimensions), dimensions)
  const data = new Float64Array(means.size * dimensions)
  ;[...means.values()].forEach((mean, index) =>
    data.set(multiplyLower(whitening, mean, dimensions), index * dimensions),
  )
  return { dimensions, whitening, means: { rows: means.size, columns: dimensions, data } }
}

/** Squared Mahalanobis distance of every row to every centre: [rows, centres]. */
export function squaredDistances({ dimensions, whitening, means }: SharedGaussian, features: Matrix): Matrix {
  const data = new Float64Array(features.rows * means.rows)
  for (let index = 0; index < features.rows; index++) {
    const point = multiplyLower(whitening, row(features, index), dimensions)
    for (let centre = 0; centre < means.rows; centre++) {
      const mean = row(means, centre)
      let sum = 0
      for (let i = 0; i < dimensions; i++) sum += ((point[i] as number) - (mean[i] as number)) ** 2
      data[index * means.rows + centre] = sum
    }
  }
  return { rows: features.rows, columns: means.rows, data }
}
