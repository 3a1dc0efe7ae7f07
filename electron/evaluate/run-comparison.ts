import type { Photo } from '../../shared/photo.ts'
import type { Split } from '../../shared/project.ts'
import type { Call, FlippedPhoto, RunComparison } from '../../shared/run.ts'
import { pairedBootstrapInterval } from './paired-bootstrap.ts'
import { mcNemarExact } from './paired-test.ts'
import { mostProbable } from './prediction-report.ts'
import type { ReviewedRun, StoredPrediction } from './run-review.ts'

/** A run with what it said of the photos of one split. */
export interface ComparedRun extends ReviewedRun {
  readonly number: number
  readonly predictions: readonly StoredPrediction[]
}

function callOf({ classes }: ComparedRun, { probabilities }: StoredPrediction): Call {
  const place = mostProbable(probabilities)
  return { classId: classes[place]?.id ?? '', confidence: probabilities[place] as number }
}

/** How sure the one that is wrong is. */
const byConfidence =
  (wrong: 'first' | 'second') =>
  (a: FlippedPhoto, b: FlippedPhoto): number =>
    b[wrong].confidence - a[wrong].confidence

/**
 * Which photos flipped between two runs, and whether the difference is more than chance. What counts are the photos
 * that both were evaluated on, by the labels that they have today, whichever labels the runs were trained with: a photo
 * that was excluded since, has lost its class, or has one that one of the two runs cannot say is left out.
 *
 * @param photos the photos of the predictions, as they are today
 */
export function compareRuns(
  first: ComparedRun,
  second: ComparedRun,
  split: Split,
  photos: readonly Photo[],
): RunComparison {
  const today = new Map(photos.map((photo) => [photo.id, photo]))
  const ofSecond = new Map(second.predictions.map((prediction) => [prediction.photo, prediction]))
  const known = first.classes.filter(({ id }) => second.classes.some((other) => other.id === id))
  const sayable = new Set(known.map(({ id }) => id))

  let [counted, leftOut, relabelled, bothRight, bothWrong] = [0, 0, 0, 0, 0]
  const [onlyFirstRight, onlySecondRight]: [FlippedPhoto[], FlippedPhoto[]] = [[], []]
  for (const one of first.predictions) {
    const two = ofSecond.get(one.photo)
    if (two === undefined) continue
    const photo = today.get(one.photo)
    if (photo === undefined || photo.excluded || photo.classId === null || !sayable.has(photo.classId)) {
      leftOut++
      continue
    }
    const trueClass = photo.classId
    const calls = { first: callOf(first, one), second: callOf(second, two) }
    const [right, otherRight] = [calls.first.classId === trueClass, calls.second.classId === trueClass]
    counted++
    if (one.label !== trueClass || two.label !== trueClass) relabelled++
    if (right && otherRight) bothRight++
    else if (!right && !otherRight) bothWrong++
    else (right ? onlyFirstRight : onlySecondRight).push({ id: photo.id, name: photo.name, trueClass, ...calls })
  }
  onlyFirstRight.sort(byConfidence('second'))
  onlySecondRight.sort(byConfidence('first'))

  const share = (right: number): number => (counted === 0 ? 0 : right / counted)
  const counts = { onlyFirstRight: onlyFirstRight.length, onlySecondRight: onlySecondRight.length, photos: counted }
  const comparison: Omit<RunComparison, 'sentence'> = {
    first: first.id,
    second: second.id,
    split,
    classes: [...first.classes, ...second.classes.filter(({ id }) => !sayable.has(id))],
    photos: counted,
    leftOut,
    relabelled,
    bothRight,
    bothWrong,
    onlyFirstRight,
    onlySecondRight,
    accuracy: {
      first: share(bothRight + counts.onlyFirstRight),
      second: share(bothRight + counts.onlySecondRight),
    },
    difference: share(counts.onlyFirstRight - counts.onlySecondRight),
    interval: pairedBootstrapInterval(counts),
    p: mcNemarExact(counts.onlyFirstRight, counts.onlySecondRight),
  }
  return { ...comparison, sentence: comparisonSentence(comparison, first.number, second.number) }
}

const photosOf = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'photo' : 'photos'}`

/** Two significant digits; one more where 0.05, the usual border, would hide on which side it lies. */
function chanceText(p: number): string {
  if (p < 0.001) return 'p < 0.001'
  return `p = ${Number(p.toPrecision(Math.abs(p - 0.05) < 0.0006 ? 3 : 2))}`
}

const points = (share: number): string => (100 * share).toFixed(1).replace('-', '−').replace('−0.0', '0.0')

/** "Run 7 gets 12 photos right that run 3 got wrong, and 4 the other way round: p = 0.08, not yet a clear difference." */
export function comparisonSentence(
  found: Pick<RunComparison, 'split' | 'photos' | 'difference' | 'interval' | 'p'> & {
    onlyFirstRight: { length: number }
    onlySecondRight: { length: number }
  },
  first: number,
  second: number,
): string {
  const { split, photos, onlyFirstRight, onlySecondRight, p } = found
  if (photos === 0) return `Run ${first} and run ${second} were not evaluated on the same ${split} photos.`
  const [one, two] = [onlyFirstRight.length, onlySecondRight.length]
  if (one + two === 0) {
    return `Run ${first} and run ${second} are right on the same photos and wrong on the same, of ${photosOf(photos)}.`
  }
  const [low, high] = found.difference < 0 ? [-found.interval[1], -found.interval[0]] : found.interval
  const better = found.difference < 0 ? second : first
  const size =
    found.difference === 0
      ? ''
      : ` Run ${better} is ahead by ${points(Math.abs(found.difference))} points (${points(low)} to ${points(high)}) on ${photosOf(photos)}.`
  return (
    `Run ${first} gets ${photosOf(one)} right that run ${second} got wrong, and ${two.toLocaleString('en')} the other way round: ` +
    `${chanceText(p)}, ${p < 0.05 ? 'a clear difference' : 'not yet a clear difference'}.${size}`
  )
}
