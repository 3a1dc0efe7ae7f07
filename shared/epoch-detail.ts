/** What the validation photos say after an epoch, class by class and of a few of them one by one. */

/** A validation photo that is looked at after every epoch. */
export interface WatchedPhoto {
  photo: string
  /** Places of its class at the time of training, and of what it was called, among the classes of the run. */
  label: number
  called: number
  /** Of the class that it was called; before calibration, which comes after training. */
  probability: number
}

/** Beside the metrics of an epoch, and kept apart from them: the metrics of many runs are read at once. */
export interface EpochDetail {
  /** From 1. */
  epoch: number
  /** Validation photos of each class, in the order of the run's classes. */
  photos: number[]
  /** How many of them were called by their right name. */
  found: number[]
  /** What the others of a class are most often called: the place of a class; null where none was missed. */
  mistakenFor: (number | null)[]
  /** The same photos in every epoch, by class. */
  watched: WatchedPhoto[]
}

/** Recall of a class, 0 to 1; null where no photo has it. */
export function recallOf({ photos, found }: EpochDetail, place: number): number | null {
  const of = photos[place] ?? 0
  return of === 0 ? null : (found[place] ?? 0) / of
}
