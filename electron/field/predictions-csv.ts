import { stringify } from 'csv-stringify/sync'
import type { Prediction } from '../../shared/prediction.ts'

const head = ['path', 'decision', 'class', 'probability', 'score', 'top3']

/** What spreadsheets take for the beginning of a formula. Numbers stay numbers, negative ones too. */
const formula = /^[=+\-@\t\r\n＝＋－＠|%]/

/** A cell of text that no spreadsheet computes. */
const harmless = (text: string): string => (formula.test(text) ? `'${text}` : text)

/**
 * Predictions as CSV (RFC 4180): path, decision, class, probability, score, top3 ("daisy 0.981; rose 0.012; …"). A cell
 * that a spreadsheet would take for a formula begins with an apostrophe.
 */
export function predictionsCsv(photos: readonly ({ path: string } & Omit<Prediction, 'sentence'>)[]): string {
  const rows = photos.map(({ path, decision, class: name, probability, known, top }) => [
    harmless(path),
    decision,
    harmless(name),
    probability.toFixed(6),
    known.toFixed(4),
    harmless(
      top
        .slice(0, 3)
        .map((each) => `${each.class} ${each.probability.toFixed(3)}`)
        .join('; '),
    ),
  ])
  return stringify([head, ...rows], { record_delimiter: 'windows' })
}
