/** What is said of a run where there is room for a few words. */
import { CircleAlert, CircleCheck, CirclePause, Clock, TriangleAlert } from '@lucide/vue'
import type { Component } from 'vue'
import { wilsonInterval } from '../../../shared/intervals.ts'
import type { RunOverview } from '../../../shared/run.ts'
import { monitors, type EpochMetrics, type Monitor } from '../../../shared/training.ts'
import type { Corrected } from '../../stores/runs.ts'
import { counted, listed, lowered } from '../../format.ts'
import { verdict } from '../train/verdict.ts'

export interface FewWords {
  text: string
  tone: 'good' | 'warn' | 'plain'
  icon: Component
}

/** What it watches; runs of older versions watched the loss and did not say so. */
const monitorOf = ({ settings }: RunOverview): Monitor =>
  monitors.find((monitor) => monitor === settings['monitor']) ?? 'loss'

/** @param history null while it is on its way */
export function fewWords(run: RunOverview, history: readonly EpochMetrics[] | null): FewWords | null {
  if (run.state === 'failed') return { text: 'failed', tone: 'warn', icon: CircleAlert }
  if (run.state === 'cancelled') return { text: 'cancelled', tone: 'plain', icon: CircleAlert }
  if (run.state === 'paused') return { text: 'paused', tone: 'plain', icon: CirclePause }
  if (run.state === 'interrupted') return { text: 'cut off, can be resumed', tone: 'warn', icon: CirclePause }
  if (history === null) return null
  const { kind, headline } = verdict(history, monitorOf(run))
  const text = lowered(headline)
  switch (kind) {
    case 'overfitting':
    case 'rate':
      return { text, tone: 'warn', icon: TriangleAlert }
    case 'level':
      return { text, tone: 'good', icon: CircleCheck }
    default:
      return { text, tone: 'plain', icon: Clock }
  }
}

/** Validation accuracy with its interval, per cent; null before the first epoch. */
export function accuracyInterval(run: RunOverview): { value: number; interval: [number, number] } | null {
  const { validationAccuracy: accuracy, photos } = run
  if (accuracy === null || photos.validation === 0) return null
  const [low, high] = wilsonInterval(Math.round(accuracy * photos.validation), photos.validation)
  return { value: accuracy * 100, interval: [low * 100, high * 100] }
}

/** "12 of its photos have another label by now, 3 of them test photos." */
export function correctedSentence(corrected: Corrected | undefined): string | null {
  if (corrected === undefined) return null
  const all = corrected.train + corrected.validation + corrected.test
  if (all === 0) return null
  const parts = [
    corrected.test > 0 ? counted(corrected.test, 'test photo') : '',
    corrected.validation > 0 ? counted(corrected.validation, 'validation photo') : '',
    corrected.train > 0 ? counted(corrected.train, 'training photo') : '',
  ].filter((part) => part !== '')
  const test = corrected.test === 0 ? ' Its test photos are untouched.' : ''
  return `Labels were corrected since this run: ${listed(parts)}.${test}`
}
