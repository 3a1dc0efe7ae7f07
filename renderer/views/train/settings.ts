/** The settings of a run as the form sees them: names, help, ranges (taken from the contract), and their summary in words. */
import { isMirrored, testTimeOf } from '../../../shared/policy.ts'
import type { NumberKey } from '../../../shared/setting-fields.ts'
import { trainSettings, type TrainingChoices, type TrainMode, type TrainSettings } from '../../../shared/training.ts'

export interface Range {
  min: number
  max: number
  integer: boolean
  /** The lower end itself is not allowed. */
  aboveMin: boolean
}

/** What the contract allows: read from its schema, so that the form cannot promise something else. */
export function rangeOf(key: NumberKey): Range {
  const schema = trainSettings.shape[key]
  const min = schema.minValue ?? Number.NEGATIVE_INFINITY
  return {
    min,
    max: schema.maxValue ?? Number.POSITIVE_INFINITY,
    integer: schema.safeParse(min + 0.5).error?.issues.some((issue) => issue.code === 'invalid_type') ?? false,
    aboveMin: !schema.safeParse(min).success,
  }
}

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 10 })

/** "1 to 10,000", "above 0, up to 10". */
export function textOfRange({ min, max, aboveMin }: Range): string {
  return aboveMin
    ? `above ${number.format(min)}, up to ${number.format(max)}`
    : `${number.format(min)} to ${number.format(max)}`
}

/**
 * What a person typed: spaces are nothing; a comma groups thousands in a whole number and beside a point, and is a
 * decimal comma otherwise. Null: not a number.
 */
export function parseNumber(text: string, integer: boolean): number | null {
  const plain = text.replace(/\s/g, '')
  const grouped = /^\d{1,3}(,\d{3})+(\.|$)/.test(plain) && (integer || plain.includes('.'))
  const value = plain === '' ? Number.NaN : Number(grouped ? plain.replaceAll(',', '') : plain.replace(',', '.'))
  return Number.isFinite(value) ? value : null
}

/** Why this value cannot be used, or null. */
export function problemIn(range: Range, value: number | null): string | null {
  const { min, max, integer, aboveMin } = range
  const fits = value !== null && value <= max && (aboveMin ? value > min : value >= min)
  if (fits && (!integer || Number.isInteger(value))) return null
  return `Give ${integer ? 'a whole number' : 'a number'}, ${textOfRange(range)}.`
}

/** What is chosen from a registry, as the form calls it. */
export const choiceFields = {
  optimizer: 'Optimiser',
  schedule: 'Schedule',
  loss: 'Loss',
  classWeights: 'Class weights',
  monitor: 'Watched',
} as const satisfies Record<keyof TrainingChoices, string>
export type ChoiceKey = keyof typeof choiceFields

const settingsKeys = {
  optimizer: 'optimizerSettings',
  schedule: 'scheduleSettings',
  loss: 'lossSettings',
  classWeights: 'classWeightsSettings',
  monitor: null,
} as const satisfies Record<ChoiceKey, keyof TrainSettings | null>
/** Where the own settings of what was chosen stand; null: it can have none. */
export const settingsKeyOf = (choice: ChoiceKey): (typeof settingsKeys)[ChoiceKey] => settingsKeys[choice]

/** What a frozen backbone sees of each photo: the mirror is left out where nothing is mirrored. */
export function viewsText({ extraViews, augmentation }: Pick<TrainSettings, 'extraViews' | 'augmentation'>): string {
  const seen = `Each photo is seen as it is${isMirrored(augmentation) ? ' and mirrored' : ''}`
  const more = extraViews === 0 ? '' : `, and in ${extraViews} augmented ${extraViews === 1 ? 'view' : 'views'}`
  const judged = testTimeOf(augmentation) === 'mirror' ? ' It is judged by the mean of itself and its mirror.' : ''
  return `${seen}${more}.${judged}`
}

export function howLongText(settings: TrainSettings): string {
  const epochs = `${number.format(settings.epochs)} ${settings.epochs === 1 ? 'epoch' : 'epochs'}`
  const patient = settings.patience === 0 || settings.patience >= settings.epochs
  if (settings.timeBudget > 0) {
    const time = `as many epochs as fit into ${number.format(settings.timeBudget)} minutes`
    return settings.patience === 0
      ? time
      : `${time}; stops when nothing improves for ${number.format(settings.patience)}`
  }
  if (patient) return `${epochs}, to the end`
  return `up to ${epochs}; stops when nothing improves for ${number.format(settings.patience)}`
}

/** "AdamW, rate 0.001, one cycle after a warm-up"; `labels` are those of the registries. */
export function learningText(settings: TrainSettings, labels: { optimizer: string; schedule: string }): string {
  const schedule = labels.schedule.toLowerCase()
  const rate = number.format(settings.learningRate)
  return `${labels.optimizer}, rate ${rate}, ${schedule}${settings.warmupEpochs > 0 ? ' after a warm-up' : ''}`
}

/** "Cross entropy, label smoothing 0.1; all photos alike". */
export function lossText(settings: TrainSettings, labels: { loss: string; classWeights: string }): string {
  const smoothing = settings.labelSmoothing > 0 ? `, label smoothing ${number.format(settings.labelSmoothing)}` : ''
  return `${labels.loss}${smoothing}; ${labels.classWeights.toLowerCase()}`
}

export function sizeText(settings: TrainSettings, mode: TrainMode): string {
  const size = `${settings.imageSize} × ${settings.imageSize} pixels`
  return `${mode === 'frozen' ? `${size}, as the backbone was trained` : size}; batches of ${settings.batchSize} photos`
}

export const threadsText = ({ threads }: Pick<TrainSettings, 'threads'>): string =>
  threads === 0 ? 'all cores' : threads === 1 ? '1 thread' : `${threads} threads`

/** A rate as a person would type it: one or two digits. */
export const roundRate = (rate: number): number => Number(rate.toPrecision(2))
