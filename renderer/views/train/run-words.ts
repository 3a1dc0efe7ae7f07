/** How a run stands: one headline, a sentence below it, and the figures beside it. */
import type { Task } from '../../../shared/task.ts'
import type { RunRecord, TrainProgress } from '../../../shared/training.ts'
import { about, count, decimal, duration, percent } from '../../format.ts'
import { rightNameSentence } from '../review/confusion.ts'
import { photosDone } from './run-progress.ts'
import { bestEpoch, endSentence, verdict } from './verdict.ts'

export interface Headline {
  title: string
  detail: string
  bad?: boolean
}

function runningHeadline(record: RunRecord, progress: TrainProgress | null): Headline {
  switch (progress?.phase) {
    case 'preparing':
      return { title: 'Getting ready…', detail: progress.message }
    case 'features':
      return {
        title: 'Looking at every photo once',
        detail: 'The backbone stays as it is, so what it sees of each photo is kept for the next time.',
      }
    case 'testing':
    case 'saving':
      return { title: 'Nearly done', detail: progress.message }
    case 'training':
    case undefined: {
      const { headline, detail } = verdict(record.history, record.settings.monitor)
      return { title: headline, detail }
    }
  }
}

const whereItStands = ({ history, settings }: RunRecord): string =>
  history.length === 0
    ? 'It had not finished its first epoch.'
    : `${count(history.length)} of ${count(settings.epochs)} epochs are done.`

export function headlineOf(record: RunRecord, progress: TrainProgress | null): Headline {
  switch (record.state) {
    case 'running':
      return runningHeadline(record, progress)
    case 'finished':
    case 'stopped': {
      const { validationAccuracy: accuracy, photos } = record
      const title =
        accuracy === null
          ? 'The run has ended'
          : rightNameSentence(Math.round(accuracy * photos.validation), photos.validation)
      return { title, detail: endSentence(record) }
    }
    case 'paused':
      return { title: 'Paused', detail: `${whereItStands(record)} Resume it whenever you like.` }
    case 'interrupted':
      return {
        title: 'This run was interrupted',
        detail: `${record.error?.message ?? 'Fleuron ended while it was training.'} ${whereItStands(record)} Resuming goes on as if nothing had happened.`,
      }
    case 'cancelled':
      return { title: 'You cancelled this run', detail: 'No model was kept; your photos and labels are as they were.' }
    case 'failed':
      return {
        title: 'Training did not come to its end',
        detail: record.error?.message ?? 'The reason is not known; train again.',
        bad: true,
      }
  }
}

export interface Figure {
  name: string
  value: string
}

const figure = (name: string, value: string): Figure => ({ name, value })

const optional = <Value>(name: string, value: Value | null | undefined, said: (value: Value) => string): Figure[] =>
  value === null || value === undefined ? [] : [figure(name, said(value))]

function runningFigures(record: RunRecord, progress: TrainProgress | null, task: Task | null): Figure[] {
  const best = bestEpoch(record.history, record.settings.monitor)
  const training = progress === null || progress.phase === 'training'
  const epoch = Math.max(progress?.epoch ?? record.history.length, 1)
  return [
    ...optional('Left', progress?.etaSeconds, about),
    ...optional('Photos', photosDone(progress, task), ({ done, total }) => `${count(done)} of ${count(total)}`),
    ...(training ? [figure('Epoch', `${count(epoch)} of ${count(record.settings.epochs)}`)] : []),
    ...(progress?.phase === 'training' && progress.batches > 0
      ? [figure('Batch', `${count(progress.batch)} of ${count(progress.batches)}`)]
      : []),
    ...optional('Speed', progress?.imagesPerSecond, (speed) => `${count(speed)} images/s`),
    ...(best === undefined ? [] : [figure('Best so far', `${percent(best.validationAccuracy)}, epoch ${best.epoch}`)]),
  ]
}

export function figuresOf(record: RunRecord, progress: TrainProgress | null, task: Task | null): Figure[] {
  if (record.state === 'running') return runningFigures(record, progress, task)
  const { validationAccuracy, validationLoss, bestEpoch: best, history, seconds, hasModel } = record
  return [
    ...optional('Validation accuracy', hasModel ? validationAccuracy : null, (share) => percent(share)),
    ...optional('Validation loss', hasModel ? validationLoss : null, decimal),
    ...optional('Best epoch', hasModel ? best : null, (epoch) => `${count(epoch)} of ${count(history.length)}`),
    ...optional('Time', seconds, duration),
  ]
}
