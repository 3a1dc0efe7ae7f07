/**
 * What the curves say, in words, by the rules of docs/training.md ("What the curves say"): the first that holds counts.
 * Each looks at the watched metric of the validation photos, because that is what early stopping and the choice of the
 * best epoch look at; only whether the rate is too high is seen in the training loss.
 */
import { createEarlyStopping } from '../../../shared/early-stopping.ts'
import { mean } from '../../../shared/mean.ts'
import { isHigherBetter, watched } from '../../../shared/monitors.ts'
import type { EpochMetrics, Monitor, RunRecord, TrainSettings } from '../../../shared/training.ts'
import { lowered } from '../../format.ts'

export interface Verdict {
  kind: 'early' | 'learning' | 'overfitting' | 'rate' | 'level'
  headline: string
  detail: string
}

/** Epochs that a word about a run needs. */
const window = 3
/** The latest steps from epoch to epoch that are looked at, and how long the best epoch may be past. */
const patience = 5
/** A loss so many times the lowest is worse, and so is a share lower by this. */
const margin = { loss: 1.02, share: 0.01 }
/** Of the first epoch's training loss: a rise by more is a jump. */
const jump = 0.1

const names: Readonly<Record<Monitor, string>> = {
  loss: 'Validation loss',
  accuracy: 'Validation accuracy',
  macroF1: 'Validation F1',
}
/** How an improvement of the metric, its best value and its getting worse are said. */
const wordsOf = (monitor: Monitor) =>
  isHigherBetter(monitor)
    ? { name: names[monitor], improved: 'risen', best: 'highest', worsens: 'falls' }
    : { name: names[monitor], improved: 'fallen', best: 'lowest', worsens: 'rises' }

/** The first epoch with the best value of the watched metric; undefined while there is none. */
export function bestEpoch(history: readonly EpochMetrics[], monitor: Monitor): EpochMetrics | undefined {
  const stopping = createEarlyStopping({ monitor, patience: 0, minimumChange: 0 })
  for (const epoch of history) stopping.observe(epoch)
  return history.find(({ epoch }) => epoch === stopping.bestEpoch)
}

/** "Training is 4 points ahead, which is usual." Points are percentage points of accuracy. */
export function gapSentence(last: EpochMetrics): string {
  const points = Math.round((last.trainAccuracy - last.validationAccuracy) * 100)
  if (points === 0) return 'Training and validation are level.'
  const distance = `${Math.abs(points)} ${Math.abs(points) === 1 ? 'point' : 'points'}`
  if (points < 0) return `Validation is ${distance} ahead: augmentation and dropout make training harder.`
  if (points <= 10) return `Training is ${distance} ahead, which is usual.`
  return `Training is ${distance} ahead: the model knows these photos better than new ones.`
}

/** Of the latest five steps from one epoch to the next, how many `counts` says yes to. */
function stepsThat(
  history: readonly EpochMetrics[],
  counts: (now: EpochMetrics, before: EpochMetrics) => boolean,
): { some: number; all: number } {
  const latest = history.slice(-(patience + 1))
  const some = latest.slice(1).filter((now, index) => counts(now, latest[index] as EpochMetrics)).length
  return { some, all: latest.length - 1 }
}

/** "Validation loss has fallen in 4 of the last 5 epochs." */
function improvementSentence(history: readonly EpochMetrics[], monitor: Monitor): string {
  const { name, improved } = wordsOf(monitor)
  const sign = isHigherBetter(monitor) ? 1 : -1
  const { some, all } = stepsThat(
    history,
    (now, before) => sign * (watched(monitor, now) - watched(monitor, before)) > 0,
  )
  return `${name} has ${improved} in ${some === all ? `each of the last ${all}` : `${some} of the last ${all}`} epochs.`
}

function isWorse(monitor: Monitor, now: EpochMetrics, best: EpochMetrics): boolean {
  const [value, reference] = [watched(monitor, now), watched(monitor, best)]
  return isHigherBetter(monitor) ? value <= reference - margin.share : value >= reference * margin.loss
}

/** Why the rate is too high, by the training loss; null when it is not. */
function rateTooHigh(history: readonly EpochMetrics[]): string | null {
  const first = history[0]?.trainLoss ?? Number.NaN
  if (history.slice(-window).every(({ trainLoss }) => trainLoss > first))
    return 'Training loss is higher than after the first epoch'
  const { some, all } = stepsThat(history, (now, before) => now.trainLoss - before.trainLoss > jump * first)
  return some >= 2 ? `Training loss has jumped up in ${some} of the last ${all} epochs` : null
}

/** @param monitor the metric that the run watches */
export function verdict(history: readonly EpochMetrics[], monitor: Monitor): Verdict {
  const last = history.at(-1)
  if (last === undefined) return { kind: 'early', headline: 'Learning…', detail: 'The first epoch is under way.' }
  if (history.length < window)
    return {
      kind: 'early',
      headline: 'Learning…',
      detail: `${history.length === 1 ? 'One epoch is' : 'Two epochs are'} done; too early to say more.`,
    }

  const reason = history.length > window ? rateTooHigh(history) : null
  if (reason !== null)
    return {
      kind: 'rate',
      headline: 'Learning rate too high',
      detail: `${reason}: the steps are too long. Try a third of this rate, or let Fleuron find one.`,
    }

  const { name, best: extreme, worsens } = wordsOf(monitor)
  const best = bestEpoch(history, monitor)
  const latest = history.slice(-window)
  if (
    best !== undefined &&
    latest.every((epoch) => epoch.epoch > best.epoch && isWorse(monitor, epoch, best)) &&
    mean(latest.map((epoch) => epoch.trainLoss)) < best.trainLoss
  )
    return {
      kind: 'overfitting',
      headline: `Overfitting since epoch ${best.epoch + 1}`,
      detail: `Training loss still falls while ${lowered(name)} ${worsens}: the model learns these photos by heart. Epoch ${best.epoch} is kept.`,
    }

  if (best !== undefined && last.epoch - best.epoch >= patience)
    return {
      kind: 'level',
      headline: 'No longer improving',
      detail: `${name} was ${extreme} in epoch ${best.epoch}, ${last.epoch - best.epoch} epochs ago. ${gapSentence(last)}`,
    }

  return {
    kind: 'learning',
    headline: 'Still learning',
    detail: `${improvementSentence(history, monitor)} ${gapSentence(last)}`,
  }
}

/** Whether early stopping has ended it; otherwise its time was up. */
function lostPatience(history: readonly EpochMetrics[], settings: TrainSettings): boolean {
  const stopping = createEarlyStopping(settings)
  for (const epoch of history) stopping.observe(epoch)
  return stopping.exhausted
}

/** Why a run that has ended ended where it did, and what that suggests. */
export function endSentence({ history, settings, state }: RunRecord): string {
  const best = bestEpoch(history, settings.monitor)
  const last = history.at(-1)
  if (best === undefined || last === undefined) return 'It ended before the first epoch was done.'
  const kept = `Epoch ${best.epoch} was the best and is kept.`
  if (state === 'stopped') return `You stopped it after epoch ${last.epoch}. ${kept}`
  if (last.epoch < settings.epochs) {
    if (!lostPatience(history, settings)) return `Its time was up after epoch ${last.epoch}. ${kept}`
    const { name, improved } = wordsOf(settings.monitor)
    const by = settings.minimumChange > 0 ? ` by more than ${settings.minimumChange}` : ''
    return `It stopped by itself after epoch ${last.epoch}, because ${lowered(name)} had not ${improved}${by} for ${settings.patience} epochs. ${kept}`
  }
  if (best.epoch === last.epoch && history.length > 1)
    return `It was still improving at the end, in epoch ${best.epoch}: more epochs may help.`
  return `It ran all ${last.epoch} epochs. ${kept}`
}
