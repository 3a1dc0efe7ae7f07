import { defaultShrinkage, fitSharedGaussian, squaredDistances } from './gaussian.ts'
import type { SharedGaussian } from './gaussian.ts'
import type { Matrix } from './matrix.ts'
import { mapRows, normaliseRows } from './matrix.ts'
import { logSumExp, rowMaxima, softmax } from './softmax.ts'

/**
 * Scores that tell photos of the known classes from others; higher is more known. All take a row per photo and give a
 * number per photo.
 */

/** Training features and their classes, and how to treat features. */
export interface Reference {
  readonly features: Matrix
  readonly labels: ArrayLike<number>
  /** Whether features are divided by their length first. */
  readonly normalise?: boolean
  /** 0.1 when normalised, else 0, unless given. */
  readonly shrinkage?: number
}

/** Largest probability (Hendrycks and Gimpel, 2017). */
export function maximumProbability(logits: Matrix): Float64Array {
  return rowMaxima(softmax(logits))
}

/** log Σ exp(logit) (Liu et al., 2020, with temperature 1). */
export function energy(logits: Matrix): Float64Array {
  return mapRows(logits, logSumExp)
}

const prepared = (features: Matrix, { normalise }: Reference) => (normalise ? normaliseRows(features) : features)
const shrinkageOf = ({ normalise, shrinkage }: Reference) => shrinkage ?? (normalise ? defaultShrinkage : 0)

const toNearest = (gaussian: SharedGaussian, features: Matrix) =>
  mapRows(squaredDistances(gaussian, features), (distances) => Math.min(...distances))

/** Minus the squared distance to the nearest class mean under one covariance for all classes (Lee et al., 2018). */
export function mahalanobis(reference: Reference, features: Matrix): Float64Array {
  const gaussian = fitSharedGaussian(prepared(reference.features, reference), reference.labels, shrinkageOf(reference))
  return toNearest(gaussian, prepared(features, reference)).map((distance) => -distance)
}

/** The same less the squared distance to the mean of everything under its own covariance (Ren et al., 2021). */
export function relativeMahalanobis(reference: Reference, features: Matrix): Float64Array {
  const known = prepared(reference.features, reference)
  const overall = fitSharedGaussian(known, new Int32Array(known.rows), shrinkageOf(reference))
  const background = toNearest(overall, prepared(features, reference))
  return mahalanobis(reference, features).map((score, index) => score + (background[index] as number))
}

/** Minus the distance to the k-th nearest training feature, all divided by their length (Sun et al., 2022). */
export function nearestNeighbour(training: Matrix, features: Matrix, k: number): Float64Array {
  const known = normaliseRows(training)
  return mapRows(normaliseRows(features), (point) => {
    const distances = mapRows(known, (other) => {
      let sum = 0
      for (let i = 0; i < point.length; i++) sum += ((point[i] as number) - (other[i] as number)) ** 2
      return sum
    }).sort()
    return -Math.sqrt(distances[Math.min(k, distances.length) - 1] as number)
  })
}
