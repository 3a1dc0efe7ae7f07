import type { Spread, Study } from '../../../shared/study.ts'
import { counted, percent } from '../../format.ts'

/** How far a study is: "9 of 21 runs", "21 runs". */
export function progressText({ runs, state }: Study): string {
  const ended = runs.filter((run) => run.state !== 'waiting' && run.state !== 'running').length
  const said = ended === runs.length ? counted(ended, 'run') : `${ended} of ${counted(runs.length, 'run')}`
  if (state === 'paused') return `${said}, paused`
  return state === 'running' ? `${said}, running` : said
}

/** "72.0 %", with "± 1.5" where several seeds tell. */
export const spreadText = ({ mean, interval }: Spread): { value: string; plusMinus: string | null } => ({
  value: percent(mean),
  plusMinus: interval === null ? null : `± ${((interval[1] - mean) * 100).toFixed(1)}`,
})

/** Ends of the axis of accuracies: round numbers around all that is shown, as shares. */
export function axisOf(spreads: readonly (Spread | null)[]): [number, number] {
  const values = spreads.flatMap((spread) => (spread === null ? [] : [spread.mean, ...(spread.interval ?? [])]))
  if (values.length === 0) return [0, 1]
  const low = Math.max(0, Math.floor(Math.min(...values) * 10 - 0.2) / 10)
  const high = Math.min(1, Math.ceil(Math.max(...values) * 10 + 0.2) / 10)
  return [Math.min(low, high - 0.1), high]
}
