import type { Photo } from '../../shared/photo.ts'
import type { Split } from '../../shared/project.ts'
import type { Evaluation, ReviewPhoto } from '../../shared/training.ts'
import { mostProbable, reportPredictions } from './prediction-report.ts'

/** What a run said of one photo, with the label it had then. */
export interface StoredPrediction {
  readonly photo: string
  /** Class id at the time of training. */
  readonly label: string
  /** In the order of the run's classes. */
  readonly probabilities: ArrayLike<number>
}

export interface ReviewedRun {
  readonly id: string
  /** In the order of the model's outputs. */
  readonly classes: readonly { id: string; name: string }[]
}

/** Confusion matrix and figures of one split, by the labels of the time of training. */
export function evaluateRun(run: ReviewedRun, split: Split, predictions: readonly StoredPrediction[]): Evaluation {
  const index = new Map(run.classes.map(({ id }, position) => [id, position]))
  const labelled = predictions.flatMap(({ label, probabilities }) => {
    const position = index.get(label)
    return position === undefined ? [] : [{ label: position, probabilities }]
  })
  return { run: run.id, split, classes: [...run.classes], ...reportPredictions(labelled, run.classes) }
}

/**
 * Photos of one cell of the confusion matrix, or all mistakes, most confident first. Photos keep the cell of their old
 * label when it has been corrected since: the matrix shows what the run did, the photo what has become of it.
 */
export function reviewPhotos(
  run: ReviewedRun,
  predictions: readonly StoredPrediction[],
  photos: readonly Photo[],
  cell?: { trueClass: string; predictedClass: string },
): ReviewPhoto[] {
  const now = new Map(photos.map((photo) => [photo.id, photo]))
  return predictions
    .flatMap(({ photo, label, probabilities }): ReviewPhoto[] => {
      const position = mostProbable(probabilities)
      const predictedClass = run.classes[position]?.id
      const current = now.get(photo)
      if (predictedClass === undefined || current === undefined) return []
      const wanted = cell
        ? label === cell.trueClass && predictedClass === cell.predictedClass
        : label !== predictedClass
      if (!wanted) return []
      return [
        {
          id: photo,
          name: current.name,
          trueClass: label,
          currentClass: current.classId,
          excluded: current.excluded,
          foundRight: current.foundRight,
          predictedClass,
          confidence: probabilities[position] as number,
        },
      ]
    })
    .sort((a, b) => b.confidence - a.confidence)
}
