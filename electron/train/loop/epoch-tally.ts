import { accuracy, classificationReport, confusionMatrix, type ConfusionMatrix } from '../../evaluate/classification.ts'
import type { Matrix } from '../../evaluate/matrix.ts'
import { logLoss } from '../../evaluate/probability-metrics.ts'
import { predictions } from '../../evaluate/softmax.ts'

/** Loss, accuracy and macro F1 of photos. */
export interface Scores {
  readonly loss: number
  readonly accuracy: number
  /** Mean F1 over the classes seen among labels or predictions, as scikit-learn has it. */
  readonly macroF1: number
}

/** What an epoch has summed up: stored with a checkpoint, so that an epoch cut in two has the figures of a whole one. */
export interface EpochSums {
  /** Batches of the epoch that are done with. */
  readonly place: number
  readonly images: number
  readonly loss: number
  readonly gradientNorm: number
  readonly steps: number
  /** Of the last step. */
  readonly learningRate: number
  /** Photos by true and predicted class. */
  readonly confusion: ConfusionMatrix
  /** Seconds spent on it, and those of them spent waiting for batches and computing steps. */
  readonly seconds: number
  readonly inputSeconds: number
  readonly computeSeconds: number
}

export const noSums = (classes: number): EpochSums => ({
  place: 0,
  images: 0,
  loss: 0,
  gradientNorm: 0,
  steps: 0,
  learningRate: 0,
  confusion: Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0)),
  seconds: 0,
  inputSeconds: 0,
  computeSeconds: 0,
})

/** Adds a batch as the model saw it, measured without label smoothing, so that training and validation can be compared. */
export function withBatch(sums: EpochSums, logits: Matrix, labels: ArrayLike<number>, loss: number): EpochSums {
  const added = confusionMatrix(labels, predictions(logits), sums.confusion.length)
  return {
    ...sums,
    images: sums.images + labels.length,
    loss: sums.loss + loss * labels.length,
    confusion: sums.confusion.map((line, label) =>
      line.map((count, guess) => count + (added[label]?.[guess] as number)),
    ),
  }
}

export function scoresOf({ images, loss, confusion }: EpochSums): Scores {
  const report = classificationReport(confusion)
  return { loss: loss / images, accuracy: report.accuracy, macroF1: report.macroOverClassesSeen.f1 }
}

export function scoresOfLogits(logits: Matrix, labels: ArrayLike<number>): Scores {
  const predicted = predictions(logits)
  const confusion = confusionMatrix(labels, predicted, logits.columns)
  return {
    loss: logLoss(logits, labels),
    accuracy: accuracy(labels, predicted),
    macroF1: classificationReport(confusion).macroOverClassesSeen.f1,
  }
}
