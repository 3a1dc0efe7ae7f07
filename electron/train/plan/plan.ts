import { isMirrored, testTimeOf } from '../../../shared/policy.ts'
import type { Split } from '../../../shared/project.ts'
import type { TrainPlan, TrainProgress, TrainSettings } from '../../../shared/training.ts'
import { viewsAtTestTime } from '../../engine/index.ts'
import { estimateMemory, fitToMemory } from './memory.ts'
import { sampleRates } from '../loop/schedule.ts'
import type { Speeds } from './speeds.ts'
import { stepShape } from '../loop/step-shape.ts'

/** Points of the learning-rate curve. */
const rateCount = 97
/** Calibrating, writing and checking a model: hardly depends on anything. */
const savingSeconds = 1.5

export interface PlanInput {
  settings: TrainSettings
  photos: Record<Split, number>
  /** Photos whose features an earlier run of the same settings has left in the cache. */
  seenBefore: number
  speeds: Pick<Speeds, 'get'>
  /** Memory that is free on this computer, bytes. */
  freeMemory: number
  /** Of this computer. */
  cores: number
  /** What the latest search for a rate suggested for settings like these; null without one. */
  suggestedRate: number | null
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
  const judged = viewsAtTestTime[testTimeOf(settings.augmentation)]
  switch (mode) {
    case 'scratch':
    case 'finetune': {
      const training = quotient(epochs * photos.train, speeds.get('train', model, imageSize))
      const view = speeds.get('view', model, imageSize)
      return [
        {
          phase: 'training',
          name: 'Training',
          seconds: plus(training, quotient(epochs * photos.validation * judged, view)),
        },
        { phase: 'testing', name: 'Testing', seconds: quotient(all * judged, view) },
        { phase: 'saving', name: 'Saving', seconds: savingSeconds },
      ]
    }
    case 'frozen': {
      const rows = photos.train * viewsPerPhoto(settings)
      const fresh = Math.max(0, 1 - seenBefore / Math.max(all, 1))
      const onlyJudged = isMirrored(settings.augmentation) ? 0 : photos.train * (judged - 1)
      const views = Math.round((rows + onlyJudged + (photos.validation + photos.test) * judged) * fresh)
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

/** Share of a time budget that is planned for; the rest is for surprises. */
const plannedShare = 0.95

/**
 * The settings as they will be carried out: as many epochs as fit into the time budget, where one is set and this
 * computer was measured, in passes that memory suffices for.
 */
export function settledSettings(input: PlanInput): TrainSettings {
  const { settings, freeMemory } = input
  const fitted = { ...settings, ...fitToMemory(settings, freeMemory) }
  if (settings.timeBudget === 0) return fitted
  const once = estimates({ ...input, settings: { ...settings, epochs: 1 } }).find(({ phase }) => phase === 'training')
  if (!once?.seconds) return fitted
  const epochs = Math.floor((settings.timeBudget * 60 * plannedShare) / once.seconds)
  return { ...fitted, epochs: Math.max(1, Math.min(10_000, epochs)) }
}

/** What was settled otherwise than it was asked for: each a sentence. */
export function settledNotes(asked: TrainSettings, settled: TrainSettings): string[] {
  if (asked.batchSize === settled.batchSize) return []
  const passes = settled.accumulation / asked.accumulation
  return [
    `Memory does not suffice for ${asked.batchSize} photos at once, so each step takes ${passes} passes of ${settled.batchSize}: the same recipe, a little slower.`,
  ]
}

/** Seconds that the phases of a run will take, where that is known. */
export const expectedSeconds = (input: PlanInput): Partial<Record<TrainProgress['phase'], number>> =>
  Object.fromEntries(
    estimates(input).flatMap(({ phase, seconds }) => (seconds === null ? [] : [[phase, seconds] as const])),
  )

/** What an epoch goes through: photos, or with a frozen backbone all views of them. */
const samplesOf = ({ settings, photos }: PlanInput): number =>
  settings.mode === 'frozen' ? photos.train * viewsPerPhoto(settings) : photos.train

/** A rate so many times the suggested one, or so small a part of it, is far from it: searches themselves differ by two or three. */
const farTimes = 5
const twoDigits = (value: number): number => Number(value.toPrecision(2))

/** Why the learning rate is doubtful; none without a search for settings like these. */
export function rateWarnings({ settings, suggestedRate }: Pick<PlanInput, 'settings' | 'suggestedRate'>): string[] {
  if (suggestedRate === null) return []
  const times = settings.learningRate / suggestedRate
  const found = `the ${twoDigits(suggestedRate)} that the search found for these settings`
  const given = `A learning rate of ${settings.learningRate}`
  if (times > farTimes) {
    return [`${given} is ${twoDigits(times)} times ${found}: the loss may grow instead of falling.`]
  }
  if (times < 1 / farTimes) {
    return [`${given} is ${twoDigits(1 / times)} times smaller than ${found}: learning may take so many times as long.`]
  }
  return []
}

function ownWarnings(input: PlanInput): string[] {
  const { settings, photos } = input
  const warnings: string[] = []
  const samples = samplesOf(input)
  if (settings.batchSize > samples && samples > 0) {
    const what = settings.mode === 'frozen' ? 'views of the training photos' : 'training photos'
    warnings.push(
      `A batch of ${settings.batchSize} is more than the ${samples} ${what}: every step sees all of them; batches of ${Math.max(2, 2 ** Math.floor(Math.log2(samples / 4)))} learn better.`,
    )
  }
  if (settings.warmupEpochs >= settings.epochs) {
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
export function planTraining(asked: PlanInput): TrainPlan {
  const { photos, problems, warnings } = asked
  // Settings that cannot be used have no model to look into.
  const settings = problems.length === 0 ? settledSettings(asked) : asked.settings
  const input = { ...asked, settings }
  const phases = estimates(input).map(({ name, seconds }) => ({ name, seconds }))
  const steps = Math.max(1, stepShape(samplesOf(input), settings).stepsPerEpoch)
  return {
    photos,
    seconds: plus(...phases.map(({ seconds }) => seconds)),
    phases,
    epochs: settings.epochs,
    batchSize: settings.batchSize,
    accumulation: settings.accumulation,
    memoryBytes: problems.length === 0 ? estimateMemory(settings) : 0,
    cores: asked.cores,
    rates: problems.length === 0 ? sampleRates(settings, steps, rateCount) : [],
    problems,
    warnings: [...warnings, ...settledNotes(asked.settings, settings), ...rateWarnings(asked), ...ownWarnings(input)],
  }
}
