import { isMirrored } from '../../shared/policy.ts'
import type { Split } from '../../shared/project.ts'
import type { TrainPlan, TrainProgress, TrainSettings } from '../../shared/training.ts'
import { trainingBatchCount } from './input-pipeline.ts'
import { sampleRates } from './schedule.ts'
import type { Speeds } from './speeds.ts'

/** Points of the learning-rate curve. */
const rateCount = 97
/** Calibrating, writing and checking a model: hardly depends on anything. */
const savingSeconds = 1.5

export interface PlanInput {
  settings: TrainSettings
  photos: Record<Split, number>
  /** Photos whose features an earlier run of the same settings has left in the cache. */
  seenBefore: number
  speeds: Speeds
  problems: string[]
  warnings: string[]
}

interface Estimate {
  phase: TrainProgress['phase']
  name: string
  seconds: number | null
}

/** Rows that a frozen backbone's head learns from, for each training photo. */
const viewsPerPhoto = ({ augmentation, extraViews }: TrainSettings): number =>
  1 + Number(isMirrored(augmentation)) + extraViews

const quotient = (count: number, perSecond: number | null): number | null =>
  count === 0 ? 0 : perSecond === null ? null : count / perSecond

const plus = (...parts: (number | null)[]): number | null =>
  parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0)

function estimates({ settings, photos, seenBefore, speeds }: PlanInput): Estimate[] {
  const { model, imageSize, epochs, mode } = settings
  const all = photos.train + photos.validation + photos.test
  switch (mode) {
    case 'scratch': {
      const training = quotient(epochs * photos.train, speeds.get('train', model, imageSize))
      const view = speeds.get('view', model, imageSize)
      return [
        { phase: 'training', name: 'Training', seconds: plus(training, quotient(epochs * photos.validation, view)) },
        { phase: 'testing', name: 'Testing', seconds: quotient(all, view) },
        { phase: 'saving', name: 'Saving', seconds: savingSeconds },
      ]
    }
    case 'frozen': {
      const rows = photos.train * viewsPerPhoto(settings)
      const fresh = Math.max(0, 1 - seenBefore / Math.max(all, 1))
      const views = Math.round((rows + photos.validation + photos.test) * fresh)
      // Before the first run the head's speed is not known; it takes a moment whatever it is.
      const head = speeds.get('head', model, 0) ?? 20_000
      return [
        {
          phase: 'features',
          name: 'Looking at the photos',
          seconds: quotient(views, speeds.get('features', model, imageSize)),
        },
        { phase: 'training', name: 'Training the classifier', seconds: quotient(epochs * rows, head) },
        { phase: 'saving', name: 'Testing and saving', seconds: savingSeconds },
      ]
    }
  }
}

/** Seconds that the phases of a run will take, where that is known. */
export const expectedSeconds = (input: PlanInput): Partial<Record<TrainProgress['phase'], number>> =>
  Object.fromEntries(
    estimates(input).flatMap(({ phase, seconds }) => (seconds === null ? [] : [[phase, seconds] as const])),
  )

function ownWarnings({ settings, photos }: PlanInput): string[] {
  const warnings: string[] = []
  if (settings.batchSize > photos.train && photos.train > 0) {
    warnings.push(
      `A batch of ${settings.batchSize} is more than the ${photos.train} training photos: every step sees all of them; batches of ${Math.max(2, 2 ** Math.floor(Math.log2(photos.train / 4)))} learn better.`,
    )
  }
  if (settings.schedule === 'cosine' && settings.warmupEpochs >= settings.epochs) {
    warnings.push(
      `The warm-up of ${settings.warmupEpochs} epochs fills the whole run of ${settings.epochs}; make it shorter than the run.`,
    )
  }
  if (photos.test === 0 && photos.train > 0) {
    warnings.push('There are too few photos to set some aside for a test; the validation figures are all there is.')
  }
  return warnings
}

/** What a run would take and what stands in its way. */
export function planTraining(input: PlanInput): TrainPlan {
  const { settings, photos, problems, warnings } = input
  const phases = estimates(input).map(({ name, seconds }) => ({ name, seconds }))
  const rows = settings.mode === 'frozen' ? photos.train * viewsPerPhoto(settings) : photos.train
  const steps = Math.max(1, trainingBatchCount(rows, settings.batchSize))
  return {
    photos,
    seconds: plus(...phases.map(({ seconds }) => seconds)),
    phases,
    rates: sampleRates(settings, steps, rateCount),
    problems,
    warnings: [...warnings, ...ownWarnings(input)],
  }
}
