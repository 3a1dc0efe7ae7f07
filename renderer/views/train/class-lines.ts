/** How well every class is found, epoch after epoch, as lines of a table. */
import { recallOf, type EpochDetail } from '../../../shared/epoch-detail.ts'

export interface ClassLine {
  id: string
  name: string
  /** Of the epoch that is shown; null where no validation photo has the class. */
  recall: number | null
  photos: number
  found: number
  /** Recall of every epoch until then, at most `mostPoints` of them. */
  points: (number | null)[]
}

/** More than can be told apart at the width of a line. */
const mostPoints = 54

/** At most `most` of the values, at even distances, the last one among them. */
export function thinned<Value>(values: readonly Value[], most: number): Value[] {
  if (values.length <= most) return [...values]
  return Array.from(
    { length: most },
    (_, index) => values[Math.round((index * (values.length - 1)) / (most - 1))] as Value,
  )
}

/** In the order of the classes. `details` end with the epoch that is shown. */
export function classLines(
  classes: readonly { id: string; name: string }[],
  details: readonly EpochDetail[],
): ClassLine[] {
  const shown = details.at(-1)
  if (shown === undefined) return []
  const drawn = thinned(details, mostPoints)
  return classes.map(({ id, name }, place) => ({
    id,
    name,
    recall: recallOf(shown, place),
    photos: shown.photos[place] ?? 0,
    found: shown.found[place] ?? 0,
    points: drawn.map((detail) => recallOf(detail, place)),
  }))
}

/** Least found first; classes without validation photos at the end. */
export const leastFoundFirst = (lines: readonly ClassLine[]): ClassLine[] =>
  [...lines].sort((a, b) => (a.recall ?? 2) - (b.recall ?? 2))

/** "Rose is found least; it is most often called tulip." Null where every class is found alike. */
export function leastFoundSentence(classes: readonly { name: string }[], detail: EpochDetail): string | null {
  const recalls = classes.map((_, place) => recallOf(detail, place))
  const measured = recalls.filter((recall) => recall !== null)
  const lowest = Math.min(...measured)
  if (measured.length < 2 || lowest === Math.max(...measured)) return null
  const place = recalls.indexOf(lowest)
  const taken = detail.mistakenFor[place] ?? null
  const called = taken === null ? '' : `; it is most often called ${classes[taken]?.name ?? '?'}`
  return `${classes[place]?.name ?? '?'} is found least${called}.`
}

/** An SVG path through shares from 0 to 1 at even distances; a gap where there is none. */
export function sharePath(points: readonly (number | null)[], width: number, height: number): string {
  const step = points.length < 2 ? 0 : width / (points.length - 1)
  let pen = 'M'
  return points
    .map((share, index) => {
      if (share === null) {
        pen = 'M'
        return ''
      }
      const at = `${pen}${(index * step).toFixed(1)} ${((1 - share) * height).toFixed(1)}`
      pen = 'L'
      return at
    })
    .join('')
}
