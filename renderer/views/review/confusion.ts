/** What a confusion matrix says: its pairs, its shares, its sentence. Rows are the true class, columns what it was called. */
import type { Evaluation } from '../../../shared/training.ts'
import { percent } from '../../format.ts'

/** A confusion of two different classes. */
export interface ConfusedPair {
  /** Indices into `classes`. */
  trueIndex: number
  calledIndex: number
  count: number
  /** Share of the true class's photos. */
  share: number
}

/** A place in the matrix. */
export interface Cell {
  row: number
  column: number
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Mistakes from the most to the fewest photos, then by share of the true class; pairs without photos are left out. */
export function confusedPairs(confusion: readonly (readonly number[])[]): ConfusedPair[] {
  return confusion
    .flatMap((row, trueIndex) => {
      const photos = sum(row)
      return row.map((count, calledIndex) => ({
        trueIndex,
        calledIndex,
        count,
        share: photos === 0 ? 0 : count / photos,
      }))
    })
    .filter((pair) => pair.trueIndex !== pair.calledIndex && pair.count > 0)
    .sort((a, b) => b.count - a.count || b.share - a.share)
}

/** Each cell's share of its row, 0 where a class has no photos. */
export function rowShares(confusion: readonly (readonly number[])[]): number[][] {
  return confusion.map((row) => {
    const photos = sum(row)
    return row.map((count) => (photos === 0 ? 0 : count / photos))
  })
}

/** How dark a wrong cell is, 0 to 1: its count against the largest mistake of the matrix. */
export function mistakeWeight(count: number, pairs: readonly ConfusedPair[]): number {
  const largest = pairs[0]?.count ?? 0
  return largest === 0 ? 0 : count / largest
}

/**
 * "93 of 100 photos are called by their right name." Per hundred only from a hundred photos on, and never rounded to
 * all or none of them when that is not so.
 */
export function rightNameSentence(correct: number, photos: number): string {
  if (photos === 0) return 'There are no photos to judge by.'
  if (correct === photos)
    return photos === 1
      ? 'The one photo is called by its right name.'
      : `All ${photos} photos are called by their right name.`
  if (correct === 0)
    return photos === 1
      ? 'The one photo is called by a wrong name.'
      : `None of the ${photos} photos is called by its right name.`
  const of = Math.min(photos, 100)
  const right = photos <= 100 ? correct : Math.min(99, Math.max(1, Math.round((100 * correct) / photos)))
  return `${right} of ${of} photos ${right === 1 ? 'is called by its' : 'are called by their'} right name.`
}

/** "Tulip taken for Rose is the most common mistake." Names stay as they are: their plural is not ours to make. */
export function mistakeSentence(evaluation: Pick<Evaluation, 'classes' | 'confusion'>): string {
  const [first, second] = confusedPairs(evaluation.confusion)
  if (first === undefined) return ''
  const name = (index: number): string => evaluation.classes[index]?.name ?? '?'
  const said = `${name(first.trueIndex)} taken for ${name(first.calledIndex)}`
  if (second === undefined) return `The only mistake is ${said}.`
  if (first.count === 1) return 'No mistake was made twice.'
  if (second.count < first.count) return `${said} is the most common mistake.`
  return `${said} is among the most common mistakes.`
}

/** The next or previous cell that has mistakes, from the most common on and round again; null when there are none. */
export function nextMistake(pairs: readonly ConfusedPair[], from: Cell | null, step: 1 | -1): Cell | null {
  if (pairs.length === 0) return null
  const at =
    from === null ? -1 : pairs.findIndex((pair) => pair.trueIndex === from.row && pair.calledIndex === from.column)
  const start = at === -1 && step === -1 ? 0 : at
  const pair = pairs[(start + step + pairs.length) % pairs.length]!
  return { row: pair.trueIndex, column: pair.calledIndex }
}

/** Where an arrow key leads in a square matrix; null when it leaves it or the key is another. */
export function moveInMatrix(cell: Cell, key: string, size: number): Cell | null {
  const moves: Record<string, Cell> = {
    ArrowUp: { row: cell.row - 1, column: cell.column },
    ArrowDown: { row: cell.row + 1, column: cell.column },
    ArrowLeft: { row: cell.row, column: cell.column - 1 },
    ArrowRight: { row: cell.row, column: cell.column + 1 },
    Home: { row: cell.row, column: 0 },
    End: { row: cell.row, column: size - 1 },
  }
  const to = moves[key]
  if (to === undefined || to.row < 0 || to.column < 0 || to.row >= size || to.column >= size) return null
  return to
}

/** Lower end of the bars of the per-class table: a round number of per cent, so that differences show and zero is never hidden. */
export function barStart(values: readonly number[]): number {
  const lowest = Math.min(1, ...values)
  return Math.max(0, Math.floor(lowest * 10 - 0.5) / 10)
}

/** "5 Tulip called Rose", "40 Daisy recognised": a cell as a screen reader says it and as its photos are headed. */
export function cellText(evaluation: Pick<Evaluation, 'classes' | 'confusion'>, { row, column }: Cell): string {
  const count = evaluation.confusion[row]?.[column] ?? 0
  const name = (index: number): string => evaluation.classes[index]?.name ?? '?'
  return row === column ? `${count} ${name(row)} recognised` : `${count} ${name(row)} called ${name(column)}`
}

/** "Tulip, called Rose with 94 %", "Daisy, recognised with 99 %": one photo. */
export const judgementText = (trueName: string, calledName: string, confidence: number): string =>
  `${trueName}, ${trueName === calledName ? 'recognised' : `called ${calledName}`} with ${percent(confidence, 0)}`
