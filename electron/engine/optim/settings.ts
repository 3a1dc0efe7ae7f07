/** One number that a form may ask for, with what is sensible. */
export interface Setting {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly default: number
  readonly minimum: number
  readonly maximum: number
  readonly kind: 'number' | 'whole' | 'switch'
}

export type Settings = Readonly<Record<string, number>>

/** A setting that is there because its definition names it. */
export function settingValue(settings: Settings, name: string): number {
  const value = settings[name]
  if (value === undefined) throw new Error(`the setting '${name}' is missing: complete the settings first`)
  return value
}

interface Configurable {
  readonly name: string
  readonly settings: readonly Setting[]
}

/** A choice from a registry: a name and the settings that differ from their defaults. */
export interface Choice {
  readonly name: string
  readonly settings?: Settings
}

/** The given settings with defaults for the rest. Throws on unknown names and values outside their range. */
export function completeSettings({ name, settings }: Configurable, given: Settings = {}): Settings {
  const known = new Map(settings.map((setting) => [setting.name, setting]))
  for (const [key, value] of Object.entries(given)) {
    const setting = known.get(key)
    if (setting === undefined) {
      throw new Error(`${name} has no setting '${key}': it takes ${[...known.keys()].join(', ') || 'none'}.`)
    }
    const inRange = value >= setting.minimum && value <= setting.maximum
    if (!inRange || (setting.kind !== 'number' && !Number.isInteger(value))) {
      const what = setting.kind === 'number' ? 'a number' : 'a whole number'
      throw new Error(`${key} of ${name} must be ${what} from ${setting.minimum} to ${setting.maximum}, not ${value}.`)
    }
  }
  return Object.fromEntries(settings.map((setting) => [setting.name, given[setting.name] ?? setting.default]))
}

/** Finds an entry of a registry. Throws naming what there is. */
export function byName<T extends Configurable>(registry: readonly T[], kind: string, name: string): T {
  const entry = registry.find((candidate) => candidate.name === name)
  if (entry !== undefined) return entry
  throw new Error(
    `There is no ${kind} '${name}': choose one of ${registry.map((candidate) => candidate.name).join(', ')}.`,
  )
}
