/** What is said of a session of field photos. */
import type { Decision, FasterModel, FieldSession } from '../../../shared/prediction.ts'
import { count, counted, duration } from '../../format.ts'

export const decisionNames: Record<Decision, string> = { known: 'Known', unsure: 'Unsure', unknown: 'Unknown' }

/** Photos that got a decision. */
export const decided = (session: Pick<FieldSession, 'counts'>): number =>
  session.counts.known + session.counts.unsure + session.counts.unknown

/** Whether it ended before its last photo. */
export const canGoOn = ({ state, done, photos }: FieldSession): boolean =>
  (state === 'cancelled' || state === 'failed') && done < photos

/** "243 of 246 photos classified in 4.2 s; the folder was only read." */
export function doneSentence(session: FieldSession): string {
  const said = `${count(decided(session))} of ${counted(session.photos, 'photo')}`
  switch (session.state) {
    case 'running':
      return `${count(session.done)} of ${counted(session.photos, 'photo')} so far`
    case 'finished':
      return `${said} classified in ${duration(session.seconds)}${session.precision === 'int8' ? ' by the faster form' : ''}; the photos were only read`
    case 'cancelled':
      return `It was stopped; ${said} are classified`
    case 'failed':
      return `It ended too early; ${said} are classified`
  }
}

/** "2.6× as fast, 0.2 points less on your validation photos" */
export function fasterSentence({ speed, accuracy, fullAccuracy }: FasterModel): string {
  const points = Math.abs(fullAccuracy - accuracy) * 100
  const cost =
    points < 0.05
      ? 'as accurate'
      : `${points.toFixed(1)} ${points.toFixed(1) === '1.0' ? 'point' : 'points'} ${accuracy < fullAccuracy ? 'less' : 'more'}`
  return `${speed.toFixed(1)}× as fast, ${cost} on your validation photos`
}

/** Where the keys lead: the photo in hand by its column and its place there. */
export interface Place {
  decision: Decision
  index: number
}

const order: readonly Decision[] = ['known', 'unsure', 'unknown']

/** The photo `by` places on; past the end of a column the next one with photos begins, and before it the other way. */
export function stepPlace(from: Place, by: number, counts: Record<Decision, number>): Place {
  const index = from.index + by
  if (index >= 0 && index < counts[from.decision]) return { decision: from.decision, index }
  const columns = order.filter((decision) => counts[decision] > 0)
  const column = columns.indexOf(from.decision)
  const next = columns[column + Math.sign(by)]
  // Only a step of one crosses over; longer ones stop at the end.
  if (next === undefined || Math.abs(by) > 1)
    return { decision: from.decision, index: Math.max(0, Math.min(index, counts[from.decision] - 1)) }
  return { decision: next, index: by > 0 ? 0 : counts[next] - 1 }
}

/** The first photo worth looking at: the model is sure of the others. */
export function firstPlace(counts: Record<Decision, number>): Place | null {
  const decision = (['unsure', 'known', 'unknown'] as const).find((each) => counts[each] > 0)
  return decision === undefined ? null : { decision, index: 0 }
}
