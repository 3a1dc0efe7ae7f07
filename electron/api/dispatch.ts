import type { z } from 'zod'
import { inputs } from '../../shared/contract-inputs.ts'
import type { Contract } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'

/**
 * The one door from a window, a socket or the command line to the services: the name must be a method of the contract
 * and the input must match its schema; anything else is refused with 'invalid-input'.
 */
export async function dispatch(
  services: Contract,
  service: unknown,
  method: unknown,
  input: unknown,
): Promise<unknown> {
  const schema = schemaOf(service, method)
  if (!schema || !isServiceName(service) || typeof method !== 'string') {
    throw new FleuronError('invalid-input', 'Fleuron was asked for something it does not know; reload the window.', {
      details: `No method ${String(service)}.${String(method)} in the contract.`,
    })
  }
  // The command line and JSON have no undefined: null stands for "no input" too.
  const parsed = schema.safeParse(input ?? undefined)
  if (!parsed.success) {
    throw new FleuronError('invalid-input', describeIssues(parsed.error.issues, input), {
      details: `${service}.${method}`,
    })
  }
  const implementation: unknown = Reflect.get(services[service], method)
  if (typeof implementation !== 'function') throw new Error(`The service ${service} lacks ${method}.`)
  const answer: unknown = await Reflect.apply(implementation, services[service], [parsed.data])
  return answer
}

const isServiceName = (name: unknown): name is keyof Contract => typeof name === 'string' && Object.hasOwn(inputs, name)

/** Own keys only: "constructor" and "__proto__" are no methods. */
function schemaOf(service: unknown, method: unknown): z.ZodType | undefined {
  if (!isServiceName(service) || typeof method !== 'string') return undefined
  const schemas: Readonly<Record<string, z.ZodType>> = inputs[service]
  return Object.hasOwn(schemas, method) ? schemas[method] : undefined
}

/** Says in plain words which field is wrong and what it should be; the first that is wrong will do. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], input: unknown): string {
  const issue = issues[0]
  if (!issue) return 'The input does not fit; check it and try again.'
  const field = issue.path.length > 0 ? `"${issue.path.map(String).join('.')}"` : 'The input'
  const value = issue.path.reduce<unknown>(
    (inside, key) => (typeof inside === 'object' && inside !== null ? Reflect.get(inside, key) : undefined),
    input,
  )
  return `${field} ${requirement(issue)}${found(value)}.`
}

function requirement(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? issue.expected}`
    case 'too_small':
      return bound(issue.origin, 'at least', issue.minimum, issue.inclusive === false ? 'more than' : undefined)
    case 'too_big':
      return bound(issue.origin, 'at most', issue.maximum, issue.inclusive === false ? 'less than' : undefined)
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`
    case 'unrecognized_keys':
      return `has fields that are not known (${issue.keys.join(', ')})`
    default:
      return `is not right (${issue.message.replace(/\.$/, '')})`
  }
}

function bound(origin: string, words: string, limit: number | bigint, exclusive: string | undefined): string {
  if (limit === 1 && words === 'at least' && origin !== 'number' && origin !== 'int') return 'must not be empty'
  if (origin === 'string') return `must have ${words} ${limit} characters`
  if (origin === 'array' || origin === 'set') return `must have ${words} ${limit} entries`
  return `must be ${exclusive ?? words} ${limit}`
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of fields',
  record: 'a group of fields',
  undefined: 'left out',
}

function found(value: unknown): string {
  if (value === undefined) return ', but it is missing'
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return `, but it is ${String(value)}`
  if (typeof value === 'string' && value.length <= 60) return `, but it is "${value}"`
  return ''
}
