import type { Matrix } from './matrix.ts'
import { row } from './matrix.ts'

/** counts[true class][predicted class]. */
export type ConfusionMatrix = readonly (readonly number[])[]

/** Shares in 0 … 1; 0 where the divisor is 0. */
export interface ClassFigures {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

export interface ClassFiguresWithSupport extends ClassFigures {
  /** Photos whose label is this class. */
  readonly support: number
}

export interface ClassificationReport {
  readonly accuracy: number
  /** Mean recall over the classes that have photos. */
  readonly balancedAccuracy: number
  readonly perClass: readonly ClassFiguresWithSupport[]
  /** Means over all classes: one without photos counts as 0. */
  readonly macroOverAllClasses: ClassFigures
  /** Means over the classes that have photos. */
  readonly macroOverClassesWithSupport: ClassFigures
  /** Means over the classes seen among labels or predictions (scikit-learn's default). */
  readonly macroOverClassesSeen: ClassFigures
  /** Means weighted by support. */
  readonly weighted: ClassFigures
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** @param labels true classes, 0 … classes − 1 @param predicted classes in the same order of photos */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): ConfusionMatrix {
  if (labels.length !== predicted.length) {
    throw new RangeError(`${labels.length} labels do not go with ${predicted.length} predictions.`)
  }
  const counts = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0))
  for (let index = 0; index < labels.length; index++) {
    const line = counts[labels[index] as number]
    const guess = predicted[index] as number
    if (line?.[guess] === undefined) throw new RangeError(`Class ${labels[index]} or ${guess} is none of ${classes}.`)
    line[guess]++
  }
  return counts
}

function averageOf(figures: readonly ClassFigures[], weights: readonly number[]): ClassFigures {
  const mean = (key: keyof ClassFigures) =>
    share(sum(figures.map((figure, index) => figure[key] * (weights[index] as number))), sum(weights))
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') }
}

/** Everything that follows from the confusion matrix. */
export function classificationReport(confusion: ConfusionMatrix): ClassificationReport {
  const support = confusion.map(sum)
  const predicted = confusion.map((_, guess) => sum(confusion.map((line) => line[guess] as number)))
  const hits = confusion.map((line, index) => line[index] as number)
  const perClass = hits.map((hit, index) => {
    const [own, guessed] = [support[index] as number, predicted[index] as number]
    return { precision: share(hit, guessed), recall: share(hit, own), f1: share(2 * hit, own + guessed), support: own }
  })
  const withSupport = support.map((count) => Number(count > 0))
  const seen = support.map((count, index) => Number(count > 0 || (predicted[index] as number) > 0))
  const macroOverClassesWithSupport = averageOf(perClass, withSupport)
  return {
    accuracy: share(sum(hits), sum(support)),
    balancedAccuracy: macroOverClassesWithSupport.recall,
    perClass,
    macroOverAllClasses: averageOf(
      perClass,
      support.map(() => 1),
    ),
    macroOverClassesWithSupport,
    macroOverClassesSeen: averageOf(perClass, seen),
    weighted: averageOf(perClass, support),
  }
}

/** Share of photos whose prediction is their label. */
export function accuracy(labels: ArrayLike<number>, predicted: ArrayLike<number>): number {
  let hits = 0
  for (let index = 0; index < labels.length; index++) hits += Number(labels[index] === predicted[index])
  return share(hits, labels.length)
}

/** Share of photos whose label is among the first `k` classes; equal scores rank by class index. */
export function topKAccuracy(scores: Matrix, labels: ArrayLike<number>, k: number): number {
  let hits = 0
  for (let index = 0; index < scores.rows; index++) {
    const values = row(scores, index)
    const label = labels[index] as number
    const own = values[label] as number
    let rank = 0
    for (let column = 0; column < scores.columns; column++) {
      const value = values[column] as number
      if (value > own || (value === own && column < label)) rank++
    }
    hits += Number(rank < k)
  }
  return share(hits, scores.rows)
}
