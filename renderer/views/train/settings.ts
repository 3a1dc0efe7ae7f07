/** The settings of a run as the form sees them: names, help, ranges (taken from the contract), and their summary in words. */
import { isMirrored } from '../../../shared/policy.ts'
import { trainSettings, type TrainMode, type TrainSettings } from '../../../shared/training.ts'

/** Numbers that are typed; augmented views are chosen from a few. */
export type NumberKey = Exclude<
  { [K in keyof TrainSettings]: TrainSettings[K] extends number ? K : never }[keyof TrainSettings],
  'extraViews'
>

export interface NumberField {
  label: string
  /** Said after the number. */
  unit: string
  help: string
}

/** Labels and help of every number, so that the form itself holds no text. */
export const numberFields: Readonly<Record<NumberKey, NumberField>> = {
  epochs: { label: 'Epochs', unit: '', help: 'How often every training photo is seen, at most.' },
  patience: {
    label: 'Patience',
    unit: 'epochs',
    help: 'Stops when validation loss has not fallen for so many epochs; 0 trains to the end.',
  },
  learningRate: { label: 'Rate', unit: '', help: 'Highest learning rate of the schedule.' },
  warmupEpochs: { label: 'Warm-up', unit: 'epochs', help: 'The rate rises in a line before the cosine begins.' },
  weightDecay: {
    label: 'Weight decay',
    unit: '',
    help: 'Pulls weights towards zero, so that they learn less by heart.',
  },
  labelSmoothing: {
    label: 'Label smoothing',
    unit: '',
    help: 'Share of certainty given to the other classes; helps when labels may be wrong.',
  },
  dropout: { label: 'Dropout', unit: '', help: 'Share of features hidden at random while training.' },
  imageSize: {
    label: 'Photo size',
    unit: 'pixels',
    help: 'Side of the square the model sees. Twice the side takes four times as long.',
  },
  batchSize: { label: 'Batch', unit: 'photos', help: 'Photos per step.' },
  seed: { label: 'Seed', unit: '', help: 'The same seed, photos and settings give the same model again.' },
}

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
export function rangeText(key: NumberKey): string {
  const { min, max, aboveMin } = rangeOf(key)
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
export function problemOf(key: NumberKey, value: number | null): string | null {
  if (value !== null && trainSettings.shape[key].safeParse(value).success) return null
  return `Give ${rangeOf(key).integer ? 'a whole number' : 'a number'}, ${rangeText(key)}.`
}

/** What a frozen backbone sees of each photo: the mirror is left out where nothing is mirrored. */
export function viewsText({ extraViews, augmentation }: Pick<TrainSettings, 'extraViews' | 'augmentation'>): string {
  const seen = `Each photo is seen as it is${isMirrored(augmentation) ? ' and mirrored' : ''}`
  if (extraViews === 0) return `${seen}.`
  return `${seen}, and in ${extraViews} augmented ${extraViews === 1 ? 'view' : 'views'}.`
}

export function howLongText(settings: TrainSettings): string {
  const epochs = `up to ${number.format(settings.epochs)} ${settings.epochs === 1 ? 'epoch' : 'epochs'}`
  if (settings.patience === 0 || settings.patience >= settings.epochs)
    return `${epochs.slice('up to '.length)}, to the end`
  return `${epochs}; stops when nothing improves for ${number.format(settings.patience)}`
}

const optimizers = { adamw: 'AdamW', sgd: 'SGD' } as const

export function learningText(settings: TrainSettings): string {
  const start = `${optimizers[settings.optimizer]}, rate ${number.format(settings.learningRate)}`
  switch (settings.schedule) {
    case 'cosine':
      return settings.warmupEpochs > 0 ? `${start}, warm-up, then along a cosine` : `${start}, along a cosine`
    case 'onecycle':
      return `${start}, up and down in one cycle`
    case 'constant':
      return `${start}, held constant`
  }
}

export function sizeText(settings: TrainSettings, mode: TrainMode): string {
  const size = `${settings.imageSize} × ${settings.imageSize} pixels`
  return `${mode === 'frozen' ? `${size}, as the backbone was trained` : size}; batches of ${settings.batchSize} photos`
}
