import { z } from 'zod'
import { FleuronError } from '../../../shared/errors.ts'
import { defaultsOf, presetPolicy, presets } from '../../../shared/policy.ts'
import { trainSettings, type TrainSettings } from '../../../shared/training.ts'
import { transforms } from '../../../shared/transforms.ts'
import { trainingChoices } from './choices.ts'

/** What JSON Schema says of one setting: enough to read it from text and to name its range. */
interface Rule {
  type: 'string' | 'number' | 'integer' | 'boolean'
  enum?: string[]
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
}
type Schema = Rule | { type: 'object'; properties?: Record<string, Schema> }

function rulesOf(schema: Schema, path: string): [string, Rule][] {
  if (schema.type !== 'object') return [[path, schema]]
  // What an optimiser and the like have of their own stands in the registries.
  if (schema.properties === undefined) return []
  return Object.entries(schema.properties).flatMap(([key, inner]) =>
    rulesOf(inner, path === '' ? key : `${path}.${key}`),
  )
}

/** Every setting by its dotted key. Read off the schema, so that a new setting is known here by itself. */
const rules = new Map(rulesOf(z.toJSONSchema(trainSettings) as Schema, ''))

/** The model and its mode have flags of their own: changing them alone would leave the defaults of another model. */
const chosenElsewhere = new Set(['model', 'mode'])

/** Keys of the policy: its transforms, which are switched on and off, and their settings. */
const policyKeys: readonly string[] = transforms.flatMap(({ name, settings }) => [
  `augmentation.${name}`,
  ...settings.map((setting) => `augmentation.${name}.${setting.name}`),
])

export const settingKeys: readonly string[] = [
  ...[...rules.keys()].filter((key) => !chosenElsewhere.has(key) && !key.startsWith('augmentation.')),
  'augmentation',
  ...policyKeys,
]

/** Settings that name an entry of a registry; its own numbers go by its name and theirs. */
const registries = ['optimizer', 'schedule', 'loss', 'classWeights'] as const
type Registry = (typeof registries)[number]

const isRegistry = (name: string): name is Registry => (registries as readonly string[]).includes(name)

/** Names an entry; what the one before had of its own is gone. */
function choose(settings: TrainSettings, key: Registry, text: string): TrainSettings {
  const names = trainingChoices[key].map(({ name }) => name)
  if (!names.includes(text)) {
    throw new FleuronError('invalid-input', `${key} cannot be “${text}”; it takes one of ${names.join(', ')}.`)
  }
  return { ...settings, [key]: text, [`${key}Settings`]: {} }
}

/** "optimizer.momentum=0.95": a number that the chosen entry has of its own. */
function setOwn(settings: TrainSettings, key: Registry, own: string, text: string): TrainSettings {
  const entry = trainingChoices[key].find(({ name }) => name === settings[key])
  const known = entry?.settings ?? []
  const setting = known.find(({ name }) => name === own)
  if (setting === undefined) {
    const names = known.map(({ name }) => `${key}.${name}`).join(', ') || 'none'
    throw new FleuronError(
      'invalid-input',
      `The ${key} “${settings[key]}” has no setting “${own}”; there are ${names}.`,
    )
  }
  const { minimum, maximum, kind } = setting
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!(value >= minimum && value <= maximum) || (kind !== 'number' && !Number.isInteger(value))) {
    const what = kind === 'number' ? 'a number' : 'a whole number'
    throw new FleuronError(
      'invalid-input',
      `${key}.${own} cannot be “${text}”; it takes ${what} from ${minimum} to ${maximum}.`,
    )
  }
  const group = `${key}Settings` as 'optimizerSettings'
  return { ...settings, [group]: { ...settings[group], [own]: value } }
}

/** The keys that may have been meant. */
const keysLike = (key: string): readonly string[] =>
  key.startsWith('augmentation.') ? policyKeys : settingKeys.filter((each) => !policyKeys.includes(each))

function allowed(rule: Rule): string {
  if (rule.type === 'boolean') return 'true or false'
  if (rule.enum) return `one of ${rule.enum.join(', ')}`
  const what = rule.type === 'integer' ? 'a whole number' : 'a number'
  return rule.exclusiveMinimum === undefined
    ? `${what} from ${rule.minimum} to ${rule.maximum}`
    : `${what} above ${rule.exclusiveMinimum} and up to ${rule.maximum}`
}

function read(text: string, rule: Rule): string | number | boolean {
  if (rule.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return rule.type === 'string' || text.trim() === '' ? text : Number(text)
}

/** A setting inside of a transform switches it on, with its defaults for the rest. */
function withValue(settings: TrainSettings, key: string, value: string | number | boolean): unknown {
  const [first, second, third] = key.split('.') as [keyof TrainSettings, string | undefined, string | undefined]
  if (second === undefined) return { ...settings, [first]: value }
  const group = settings[first] as unknown as Record<string, object | undefined>
  return {
    ...settings,
    [first]: { ...group, [second]: third === undefined ? value : { ...group[second], [third]: value } },
  }
}

/**
 * What may be assigned as a whole: the policy by the name of a preset, a transform by on and off. Null when the key is
 * another one.
 */
function wholes(settings: TrainSettings, key: string): Record<string, TrainSettings['augmentation']> | null {
  if (key === 'augmentation') {
    return Object.fromEntries(presets.map(({ name }) => [name, presetPolicy(name)]))
  }
  const transform = transforms.find(({ name }) => key === `augmentation.${name}`)?.name
  if (transform === undefined) return null
  const policy = settings.augmentation
  return { on: { ...policy, [transform]: defaultsOf(transform) }, off: { ...policy, [transform]: undefined } }
}

/**
 * `settings` changed by assignments such as "epochs=20", "augmentation=strong", "augmentation.greyscale=on",
 * "augmentation.rotation.degrees=30", "optimizer=sgd" or "optimizer.momentum=0.95".
 * @throws FleuronError invalid-input; the message names the key, its range, or the keys there are
 */
export function setSettings(settings: TrainSettings, assignments: readonly string[]): TrainSettings {
  return assignments.reduce((current, assignment) => {
    const split = assignment.indexOf('=')
    const key = assignment.slice(0, split).trim()
    if (split < 1) {
      throw new FleuronError('invalid-input', `“${assignment}” is no setting; write key=value, for example epochs=20.`)
    }
    const text = assignment.slice(split + 1)
    const choices = wholes(current, key)
    if (choices !== null) {
      const chosen = Object.hasOwn(choices, text) ? choices[text] : undefined
      if (chosen !== undefined) return { ...current, augmentation: chosen }
      throw new FleuronError(
        'invalid-input',
        `${key} cannot be “${text}”; it takes one of ${Object.keys(choices).join(', ')}.`,
      )
    }
    if (isRegistry(key)) return choose(current, key, text)
    const [group = '', own] = key.split('.')
    if (isRegistry(group) && own !== undefined) return setOwn(current, group, own, text)
    const rule = settingKeys.includes(key) ? rules.get(key) : undefined
    if (rule === undefined) {
      throw new FleuronError('invalid-input', `There is no setting “${key}”; there are ${keysLike(key).join(', ')}.`)
    }
    const parsed = trainSettings.safeParse(withValue(current, key, read(text, rule)))
    if (!parsed.success) {
      throw new FleuronError('invalid-input', `${key} cannot be “${text}”; it takes ${allowed(rule)}.`)
    }
    return parsed.data
  }, settings)
}
