/** What an epoch says of the computer and of the steps, in words. */
import { mean } from '../../../shared/mean.ts'
import type { EpochMetrics } from '../../../shared/training.ts'
import { decimal, percent } from '../../format.ts'

/** Waiting for so little of the time is none to speak of. */
const noWait = 0.02

/** "always", or "waits 12 % of the time". */
export const photosReadyText = (inputShare: number): string =>
  inputShare < noWait ? 'always' : `waits ${percent(inputShare, 0)} of the time`

const window = 3
/** So many times as large is more than the noise of an epoch. */
const changed = 1.5

/** "1.9, steady": the latest norm, and the latest three epochs beside the three before them. Null: not measured. */
export function gradientText(history: readonly EpochMetrics[]): string | null {
  const norms = history.flatMap(({ gradientNorm }) => (gradientNorm === null ? [] : [gradientNorm]))
  const last = norms.at(-1)
  if (last === undefined) return null
  if (norms.length < 2 * window) return decimal(last)
  const [before, now] = [mean(norms.slice(-2 * window, -window)), mean(norms.slice(-window))]
  const word = now > before * changed ? 'rising' : now * changed < before ? 'falling' : 'steady'
  return `${decimal(last)}, ${word}`
}

/** At the end of its schedule the rate is nothing, however many noughts it has. */
export const rateText = (rate: number): string => decimal(rate < 1e-6 ? 0 : rate)
