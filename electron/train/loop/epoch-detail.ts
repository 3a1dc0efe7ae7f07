import type { EpochDetail } from '../../../shared/epoch-detail.ts'
import { stream } from '../../engine/random/index.ts'
import { confusionMatrix } from '../../evaluate/classification.ts'
import { matrix, row, type Matrix } from '../../evaluate/matrix.ts'
import { indexOfMaximum, predictions, softmax } from '../../evaluate/softmax.ts'

/** What a model made of the validation photos. */
export interface Validation {
  /** A row per photo. */
  readonly logits: Matrix
  readonly labels: ArrayLike<number>
  /** Ids of the photos. */
  readonly photos: readonly string[]
}

/** Photos that are looked at one by one after every epoch: as many as can be taken in at a glance. */
const watchedCount = 8

/** Ids of a few photos by class, drawn by the seed: one of each class first, as far as they go, then a second of each … */
export function chooseWatched(
  photos: readonly { readonly id: string; readonly label: number }[],
  seed: number,
): string[] {
  const order = stream({ seed, purpose: 'watched photos' }).permutation(photos.length)
  const drawn = Array.from(order, (place) => photos[place] as (typeof photos)[number])
  const rounds = [...Map.groupBy(drawn, ({ label }) => label).values()].flatMap((some) =>
    some.map((photo, round) => ({ photo, round })),
  )
  return rounds
    .sort((a, b) => a.round - b.round)
    .slice(0, watchedCount)
    .sort((a, b) => a.photo.label - b.photo.label)
    .map(({ photo }) => photo.id)
}

/** The most frequent wrong name in a line of the confusion matrix. */
function mistakenFor(line: readonly number[], label: number): number | null {
  const wrong = line.map((count, called) => (called === label ? 0 : count))
  const most = indexOfMaximum(wrong)
  return most < 0 || wrong[most] === 0 ? null : most
}

/** Watched photos that cannot be read are left out. */
export function detailOf(
  epoch: number,
  { logits, labels, photos }: Validation,
  watched: readonly string[],
): EpochDetail {
  const confusion = confusionMatrix(labels, predictions(logits), logits.columns)
  const places = new Map(photos.map((id, place) => [id, place]))
  return {
    epoch,
    photos: confusion.map((line) => line.reduce((sum, count) => sum + count, 0)),
    found: confusion.map((line, label) => line[label] as number),
    mistakenFor: confusion.map(mistakenFor),
    watched: watched.flatMap((photo) => {
      const place = places.get(photo)
      if (place === undefined) return []
      const { data } = softmax(matrix(row(logits, place), logits.columns))
      const called = indexOfMaximum(data)
      return [{ photo, label: labels[place] as number, called, probability: data[called] as number }]
    }),
  }
}
