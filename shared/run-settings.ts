/**
 * Settings of a run as keys and values, whatever settings there are: nested ones by dotted keys, entries of a list by
 * their name where they have one. The table of runs, comparisons, the command line and reports read them this way.
 */
export type SettingValue = string | number | boolean | null

const isScalar = (value: unknown): value is SettingValue =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)

function entriesOf(value: object): [string, unknown][] {
  if (!Array.isArray(value)) return Object.entries(value)
  return value.map((entry: unknown, index): [string, unknown] => {
    const name = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'name') : undefined
    return [typeof name === 'string' ? name : String(index + 1), entry]
  })
}

/** { augmentation: { flip: 0.5 }, seed: 1 } → { 'augmentation.flip': 0.5, seed: 1 }. A list of plain values is one text. */
export function flattenSettings(settings: object, prefix = ''): Record<string, SettingValue> {
  const flat: Record<string, SettingValue> = {}
  for (const [name, value] of entriesOf(settings)) {
    const key = `${prefix}${name}`
    if (isScalar(value)) flat[key] = value
    else if (Array.isArray(value) && value.every(isScalar)) flat[key] = value.join(', ')
    else if (typeof value === 'object' && value !== null) Object.assign(flat, flattenSettings(value, `${key}.`))
  }
  return flat
}

/** "augmentation.cropMin" → "Augmentation: crop min". */
export function settingTitle(key: string): string {
  const words = key
    .split('.')
    .map((part) => part.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' '))
    .join(': ')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A value as it is shown: a setting that a run does not have is a dash. */
export function settingText(value: SettingValue | undefined): string {
  if (value === undefined || value === null) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'number' ? String(Number(value.toPrecision(10))) : value
}

export interface SettingDifference {
  key: string
  /** In the order of the runs; undefined where a run does not have it. */
  values: (SettingValue | undefined)[]
}

/** Every setting of several runs, in the order in which they are first met. */
export function settingsSideBySide(all: readonly Record<string, SettingValue>[]): SettingDifference[] {
  const keys = [...new Set(all.flatMap((settings) => Object.keys(settings)))]
  return keys.map((key) => ({ key, values: all.map((settings) => settings[key]) }))
}

export const differs = ({ values }: SettingDifference): boolean => values.some((value) => value !== values[0])
