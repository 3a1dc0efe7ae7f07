import { z } from 'zod'
import { FleuronError } from '../../shared/errors.ts'
import { trainSettings, type TrainSettings } from '../../shared/training.ts'

/** What JSON Schema says of one setting: enough to read it from text and to name its range. */
interface Rule {
  type: 'string' | 'number' | 'integer'
  enum?: string[]
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
}
type Schema = Rule | { type: 'object'; properties: Record<string, Schema> }

function rulesOf(schema: Schema, path: string): [string, Rule][] {
  if (schema.type !== 'object') return [[path, schema]]
  return Object.entries(schema.properties).flatMap(([key, inner]) =>
    rulesOf(inner, path === '' ? key : `${path}.${key}`),
  )
}

/** Every setting by its dotted key. Read off the schema, so that a new setting is known here by itself. */
const rules = new Map(rulesOf(z.toJSONSchema(trainSettings) as Schema, ''))

/** The model and its mode have flags of their own: changing them alone would leave the defaults of another model. */
const chosenElsewhere = new Set(['model', 'mode'])

export const settingKeys: readonly string[] = [...rules.keys()].filter((key) => !chosenElsewhere.has(key))

function allowed(rule: Rule): string {
  if (rule.enum) return `one of ${rule.enum.join(', ')}`
  const what = rule.type === 'integer' ? 'a whole number' : 'a number'
  return rule.exclusiveMinimum === undefined
    ? `${what} from ${rule.minimum} to ${rule.maximum}`
    : `${what} above ${rule.exclusiveMinimum} and up to ${rule.maximum}`
}

function read(text: string, rule: Rule): string | number {
  return rule.type === 'string' || text.trim() === '' ? text : Number(text)
}

function withValue(settings: TrainSettings, key: string, value: string | number): unknown {
  const [first, second] = key.split('.') as [keyof TrainSettings, string | undefined]
  if (second === undefined) return { ...settings, [first]: value }
  return { ...settings, [first]: { ...(settings[first] as object), [second]: value } }
}

/**
 * `settings` changed by assignments such as "epochs=20" or "augmentation.flip=0".
 * @throws FleuronError invalid-input; the message names the key, its range, or the keys there are
 */
export function setSettings(settings: TrainSettings, assignments: readonly string[]): TrainSettings {
  return assignments.reduce((current, assignment) => {
    const split = assignment.indexOf('=')
    const key = assignment.slice(0, split).trim()
    if (split < 1) {
      throw new FleuronError('invalid-input', `“${assignment}” is no setting; write key=value, for example epochs=20.`)
    }
    const rule = rules.get(key)
    if (rule === undefined || chosenElsewhere.has(key)) {
      throw new FleuronError('invalid-input', `There is no setting “${key}”; there are ${settingKeys.join(', ')}.`)
    }
    const text = assignment.slice(split + 1)
    const parsed = trainSettings.safeParse(withValue(current, key, read(text, rule)))
    if (!parsed.success) {
      throw new FleuronError('invalid-input', `${key} cannot be “${text}”; it takes ${allowed(rule)}.`)
    }
    return parsed.data
  }, settings)
}
