import type { ClassReport } from '../../shared/training.ts'
import { classificationReport, confusionMatrix } from './classification.ts'
import { wilsonInterval } from '../../shared/intervals.ts'

export interface LabelledPrediction {
  /** Index of the true class. */
  readonly label: number
  /** One for each class, summing to 1. */
  readonly probabilities: ArrayLike<number>
}

export interface PredictionReport {
  photos: number
  correct: number
  accuracy: number
  /** Wilson score interval, 95 %. */
  interval: [number, number]
  /** Mean of −log of the probability given to the true class. */
  loss: number
  /** confusion[true][predicted] */
  confusion: number[][]
  perClass: ClassReport[]
}

/** The first class with the largest probability. */
export function mostProbable(probabilities: ArrayLike<number>): number {
  let best = 0
  for (let index = 1; index < probabilities.length; index++) {
    if ((probabilities[index] as number) > (probabilities[best] as number)) best = index
  }
  return best
}

/** What one wants to know of a list of predictions whose truth is known. */
export function reportPredictions(
  predictions: readonly LabelledPrediction[],
  classes: readonly { id: string; name: string }[],
): PredictionReport {
  const labels = predictions.map(({ label }) => label)
  const confusion = confusionMatrix(
    labels,
    predictions.map(({ probabilities }) => mostProbable(probabilities)),
    classes.length,
  )
  const { perClass } = classificationReport(confusion)
  const correct = confusion.reduce((sum, row, index) => sum + (row[index] as number), 0)
  const photos = predictions.length
  // A float32 probability may round to 0; the smallest positive one keeps the mean finite.
  const losses = predictions.map(
    ({ label, probabilities }) => -Math.log(Math.max(probabilities[label] as number, 1e-38)),
  )
  return {
    photos,
    correct,
    accuracy: photos === 0 ? 0 : correct / photos,
    interval: photos === 0 ? [0, 1] : wilsonInterval(correct, photos),
    loss: photos === 0 ? 0 : losses.reduce((sum, loss) => sum + loss, 0) / photos,
    confusion: confusion.map((row) => [...row]),
    perClass: perClass.map((figures, index) => ({
      ...(classes[index] as { id: string; name: string }),
      ...(figures.support === 0 ? { ...figures, precision: null, recall: null, f1: null } : figures),
    })),
  }
}
