import type { Decision } from '../../shared/prediction.ts'
import type { RejectorTensors } from '../engine/index.ts'
import { thresholdKeeping } from './detection.ts'
import { defaultShrinkage, fitSharedGaussian, squaredDistances } from './gaussian.ts'
import type { SharedGaussian } from './gaussian.ts'
import { mapRows, matrix, normaliseRows, row } from './matrix.ts'
import type { Matrix } from './matrix.ts'

/**
 * Tells photos of the known classes from anything else: how far, by Mahalanobis, the features of a photo lie from the
 * nearest class of the training photos. Only the direction of the features counts, and it is looked at twice: from the
 * origin, which sees best what is far off (a car among flowers), and from the mean of all training photos, which sees
 * best what is near (another flower). The two are added up. The limits come from validation photos, which the model has
 * not learned from.
 */
export interface Rejector {
  /** What goes into the graph of the exported model, where it gives `score`. */
  readonly tensors: RejectorTensors
  readonly thresholds: RejectorThresholds
  readonly measures: RejectorMeasures
  /** The measures in one sentence for people. */
  readonly sentence: string
}

export interface RejectorThresholds {
  /** Scores below are unknown. */
  readonly unknownBelow: number
  /** A photo is known, not merely unsure, when score and calibrated probability are at least these. */
  readonly knownFrom: { readonly score: number; readonly probability: number }
}

/** Shares of validation photos in 0 … 1; 0 when there are none. */
export interface RejectorMeasures {
  readonly validationPhotos: number
  /** Not called unknown. */
  readonly kept: number
  /** Called known, and how many of those are in their right class. */
  readonly known: number
  readonly knownRight: number
}

export interface RejectorOptions {
  /** Features of the training photos, [photos, D], as they enter the classifier, and their classes. */
  readonly training: Matrix
  readonly trainingLabels: ArrayLike<number>
  /** Features, classes and calibrated probabilities [photos, classes] of the validation photos; there may be none. */
  readonly validation: Matrix
  readonly validationLabels: ArrayLike<number>
  readonly validationProbabilities: Matrix
  /** Share of validation photos that must not be called unknown. */
  readonly keep?: number
}

/** With fewer validation photos than this, five in a hundred is less than one photo. */
const enoughPhotos = 20
/** Share of validation photos that score high enough to be called known, if their probability is high enough too. */
const keepSure = 0.85
/** Of the photos called known so many shall be right. */
const sureAccuracy = 0.98
/** No photo is called known with less; temperatures fitted to few photos are too sure of themselves. */
const leastProbability = { usually: 0.6, few: 0.9 }

interface View {
  readonly centre: Float64Array
  readonly gaussian: SharedGaussian
}

/** The directions of the features from a view's centre. */
function seenFrom(centre: Float64Array, features: Matrix): Matrix {
  const offset = Float64Array.from(
    features.data,
    (value, index) => value - (centre[index % features.columns] as number),
  )
  return normaliseRows(matrix(offset, features.columns))
}

function meanRow({ rows, columns, data }: Matrix): Float64Array {
  const sums = new Float64Array(columns)
  data.forEach(
    (value: number, index: number) => (sums[index % columns] = (sums[index % columns] as number) + value / rows),
  )
  return sums
}

function fitViews(features: Matrix, labels: ArrayLike<number>): View[] {
  return [new Float64Array(features.columns), meanRow(features)].map((centre) => ({
    centre,
    gaussian: fitSharedGaussian(seenFrom(centre, features), labels, defaultShrinkage),
  }))
}

/** −(smallest sum of squared distances to a class) of every row: higher is more known. */
function scores(views: readonly View[], features: Matrix): Float64Array {
  const distances = views.map(({ centre, gaussian }) => squaredDistances(gaussian, seenFrom(centre, features)))
  const [first, ...others] = distances as [Matrix, ...Matrix[]]
  return mapRows(first, (values, photo) => {
    const sums = Array.from(values, (value, centre) =>
      others.reduce((sum, other) => sum + (row(other, photo)[centre] as number), value),
    )
    return -Math.min(...sums)
  })
}

/** The score that the exported graph gives, in float64, for every row of features. */
export function rejectorScores({ dimensions, views }: RejectorTensors, features: Matrix): Float64Array {
  return scores(
    views.map(({ centre, whitening, means }) => ({
      centre: Float64Array.from(centre),
      gaussian: { dimensions, whitening: Float64Array.from(whitening), means: matrix(means, dimensions) },
    })),
    features,
  )
}

/**
 * @throws RangeError when there are no training photos
 */
export function fitRejector(options: RejectorOptions): Rejector {
  const { training, trainingLabels, validation, validationLabels, validationProbabilities, keep = 0.95 } = options
  const views = fitViews(training, trainingLabels)
  const found = scores(views, validation)
  const few = validation.rows < enoughPhotos
  const held = few ? crossScores(training, trainingLabels) : new Float64Array()
  // A handful of photos says little about the worst of twenty, so the laxer of two guesses is taken then.
  const threshold = (share: number) =>
    Math.min(...[found, held].filter(({ length }) => length > 0).map((list) => thresholdKeeping(list, share)))
  const unknownBelow = threshold(keep)
  const score = Math.max(threshold(Math.min(keepSure, keep)), unknownBelow)
  const guesses = guessesOf(validationProbabilities, validationLabels)
  const confident = guesses.filter((_, index) => (found[index] as number) >= score)
  const thresholds = { unknownBelow, knownFrom: { score, probability: sureProbability(confident, few) } }
  const measures = measure(thresholds, found, guesses)
  const tensors = {
    dimensions: training.columns,
    views: views.map(({ centre, gaussian }) => ({
      centre: Float32Array.from(centre),
      whitening: Float32Array.from(gaussian.whitening),
      means: Float32Array.from(gaussian.means.data),
    })),
  }
  return { tensors, thresholds, measures, sentence: sentenceOf(measures) }
}

/** What becomes of a photo. `probability` is the calibrated one of its most probable class. */
export function decide({ unknownBelow, knownFrom }: RejectorThresholds, score: number, probability: number): Decision {
  if (!(score >= unknownBelow)) return 'unknown'
  return score >= knownFrom.score && probability >= knownFrom.probability ? 'known' : 'unsure'
}

interface Guess {
  readonly probability: number
  readonly right: boolean
}

function guessesOf(probabilities: Matrix, labels: ArrayLike<number>): Guess[] {
  return Array.from({ length: probabilities.rows }, (_, index) => {
    const values = row(probabilities, index)
    const probability = Math.max(...values)
    return { probability, right: values[labels[index] as number] === probability }
  })
}

/** The lowest probability from which on the guesses are right often enough; nearly 1 when none is. */
function sureProbability(guesses: readonly Guess[], few: boolean): number {
  const falling = guesses.toSorted((a, b) => b.probability - a.probability)
  let [right, lowest] = [0, falling.length === 0 ? 0.9 : 0.99]
  falling.forEach((guess, index) => {
    right += Number(guess.right)
    // One mistake more than that is allowed: among few photos a single wrong label would decide everything.
    const last = falling[index + 1]?.probability !== guess.probability
    if (last && right + 1 >= sureAccuracy * (index + 1)) lowest = guess.probability
  })
  return Math.max(lowest, few ? leastProbability.few : leastProbability.usually)
}

const folds = 5

/**
 * Scores of training photos by rejectors that have not seen them: every fifth photo of each class is left out in turn.
 * A class that would lose its last photo keeps it.
 */
function crossScores(features: Matrix, labels: ArrayLike<number>): Float64Array {
  const seen = new Map<number, number>()
  const foldOf = Array.from({ length: features.rows }, (_, index) => {
    const label = labels[index] as number
    const count = seen.get(label) ?? 0
    seen.set(label, count + 1)
    return count % folds
  })
  const pick = (rows: readonly number[]): Matrix => {
    const data = new Float64Array(rows.length * features.columns)
    rows.forEach((index, place) => data.set(row(features, index), place * features.columns))
    return { rows: rows.length, columns: features.columns, data }
  }
  const all = foldOf.map((_, index) => index)
  return Float64Array.from(
    Array.from({ length: folds }).flatMap((_, fold) => {
      const out = all.filter((index) => foldOf[index] === fold && (seen.get(labels[index] as number) as number) > 1)
      const kept = all.filter((index) => !out.includes(index))
      if (out.length === 0) return []
      const views = fitViews(
        pick(kept),
        kept.map((index) => labels[index] as number),
      )
      return [...scores(views, pick(out))]
    }),
  )
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)

function measure(thresholds: RejectorThresholds, found: Float64Array, guesses: readonly Guess[]): RejectorMeasures {
  const decisions = guesses.map(({ probability }, index) => decide(thresholds, found[index] as number, probability))
  const known = guesses.filter((_, index) => decisions[index] === 'known')
  return {
    validationPhotos: guesses.length,
    kept: share(decisions.filter((decision) => decision !== 'unknown').length, guesses.length),
    known: share(known.length, guesses.length),
    knownRight: share(known.filter(({ right }) => right).length, known.length),
  }
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}

function sentenceOf({ validationPhotos: photos, kept, known, knownRight }: RejectorMeasures): string {
  if (photos === 0) return 'No validation photos: the limit for unknown photos is a guess from the training photos.'
  const count = photos === 1 ? '1 validation photo' : `${photos} validation photos`
  const sure = known === 0 ? 'sure of none' : `sure of ${percent(known)}, ${percent(knownRight)} of those right`
  const measured = `Kept ${percent(kept)} of ${count}; ${sure}.`
  return photos < enoughPhotos ? `${measured} So few photos make the limit for unknown photos a rough guess.` : measured
}
