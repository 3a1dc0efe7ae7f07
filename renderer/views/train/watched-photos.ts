/** What a few validation photos are called, epoch after epoch. */
import type { EpochDetail, WatchedPhoto } from '../../../shared/epoch-detail.ts'

/** Epochs in a row in which a photo was called the same. */
export interface CallSpan {
  from: number
  to: number
  /** Place of a class. */
  called: number
  right: boolean
}

export interface WatchedHistory {
  /** At the epoch that is shown. */
  now: WatchedPhoto
  spans: CallSpan[]
}

function spansOf(photo: string, details: readonly EpochDetail[]): CallSpan[] {
  const spans: CallSpan[] = []
  for (const { epoch, watched } of details) {
    const found = watched.find((each) => each.photo === photo)
    if (found === undefined) continue
    const last = spans.at(-1)
    if (last !== undefined && last.called === found.called) last.to = epoch
    else spans.push({ from: epoch, to: epoch, called: found.called, right: found.called === found.label })
  }
  return spans
}

/** `details` end with the epoch that is shown. */
export const watchedHistories = (details: readonly EpochDetail[]): WatchedHistory[] =>
  (details.at(-1)?.watched ?? []).map((now) => ({ now, spans: spansOf(now.photo, details) }))

/** "Epochs 1 to 3 Tulip, 4 to 9 Rose"; of a restless photo the latest four spans. */
export function spansText(spans: readonly CallSpan[], nameOf: (place: number) => string): string {
  const latest = spans
    .slice(-4)
    .map(({ from, to, called }) => `${from === to ? from : `${from} to ${to}`} ${nameOf(called)}`)
  const before = spans.length > latest.length ? ', after changing more often before' : ''
  return `Epochs ${latest.join(', ')}${before}`
}
