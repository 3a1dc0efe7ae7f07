/**
 * What the curves say, in words. The rules are few and written down here; each looks at the validation loss, because
 * that is what early stopping and the choice of the best epoch look at.
 *
 * 1. Fewer than three epochs: too early to say anything.
 * 2. Overfitting since epoch e: the three latest validation losses all lie at least 2 % above the lowest one, while the
 *    training loss has gone on falling. e is the epoch after the lowest.
 * 3. No longer improving: the lowest validation loss is five or more epochs old.
 * 4. Otherwise it is still learning.
 */
import type { EpochMetrics, RunRecord } from '../../../shared/training.ts'

export interface Verdict {
  kind: 'early' | 'learning' | 'overfitting' | 'level'
  headline: string
  detail: string
}

const window = 3
const margin = 1.02
const patience = 5

/** The first epoch with the lowest validation loss; undefined while there is none. */
export function bestEpoch(history: readonly EpochMetrics[]): EpochMetrics | undefined {
  let best: EpochMetrics | undefined
  for (const epoch of history) if (best === undefined || epoch.validationLoss < best.validationLoss) best = epoch
  return best
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** "Training is 4 points ahead, which is usual." Points are percentage points of accuracy. */
export function gapSentence(last: EpochMetrics): string {
  const points = Math.round((last.trainAccuracy - last.validationAccuracy) * 100)
  if (points === 0) return 'Training and validation are level.'
  const distance = `${Math.abs(points)} ${Math.abs(points) === 1 ? 'point' : 'points'}`
  if (points < 0) return `Validation is ${distance} ahead: augmentation and dropout make training harder.`
  if (points <= 10) return `Training is ${distance} ahead, which is usual.`
  return `Training is ${distance} ahead: the model knows these photos better than new ones.`
}

/** Of the latest five steps from one epoch to the next, how many lowered the validation loss. */
function fallSentence(history: readonly EpochMetrics[]): string {
  const latest = history.slice(-(patience + 1))
  let falls = 0
  for (let index = 1; index < latest.length; index++)
    if (latest[index]!.validationLoss < latest[index - 1]!.validationLoss) falls++
  const steps = latest.length - 1
  if (falls === steps) return `Validation loss has fallen in each of the last ${steps} epochs.`
  return `Validation loss has fallen in ${falls} of the last ${steps} epochs.`
}

export function verdict(history: readonly EpochMetrics[]): Verdict {
  const last = history.at(-1)
  const best = bestEpoch(history)
  if (last === undefined || best === undefined)
    return { kind: 'early', headline: 'Learning…', detail: 'The first epoch is under way.' }
  if (history.length < window)
    return {
      kind: 'early',
      headline: 'Learning…',
      detail: `${history.length === 1 ? 'One epoch is' : 'Two epochs are'} done; too early to say more.`,
    }

  const latest = history.slice(-window)
  const rising =
    latest.every((epoch) => epoch.epoch > best.epoch && epoch.validationLoss >= best.validationLoss * margin) &&
    mean(latest.map((epoch) => epoch.trainLoss)) < best.trainLoss
  if (rising)
    return {
      kind: 'overfitting',
      headline: `Overfitting since epoch ${best.epoch + 1}`,
      detail: `Training loss still falls while validation loss rises: the model learns these photos by heart. Epoch ${best.epoch} is kept.`,
    }

  if (last.epoch - best.epoch >= patience)
    return {
      kind: 'level',
      headline: 'No longer improving',
      detail: `Validation loss was lowest in epoch ${best.epoch}, ${last.epoch - best.epoch} epochs ago. ${gapSentence(last)}`,
    }

  return { kind: 'learning', headline: 'Still learning', detail: `${fallSentence(history)} ${gapSentence(last)}` }
}

/** Why a run that has ended ended where it did, and what that suggests. */
export function endSentence(run: RunRecord): string {
  const best = bestEpoch(run.history)
  const last = run.history.at(-1)
  if (best === undefined || last === undefined) return 'It ended before the first epoch was done.'
  const kept = `Epoch ${best.epoch} was the best and is kept.`
  if (run.state === 'stopped') return `You stopped it after epoch ${last.epoch}. ${kept}`
  if (last.epoch < run.settings.epochs)
    return `It stopped by itself after epoch ${last.epoch}, because validation loss had not fallen for ${last.epoch - best.epoch} epochs. ${kept}`
  if (best.epoch === last.epoch && run.history.length > 1)
    return `It was still improving at the end, in epoch ${best.epoch}: more epochs may help.`
  return `It ran all ${last.epoch} epochs. ${kept}`
}
