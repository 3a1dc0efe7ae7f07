/**
 * How calls, answers and events travel: one set of messages for Electron's IPC, the WebSocket of the browser host and
 * the socket of the process that holds a project. Electron clones the messages; the others write them as JSON.
 */
import { inputs } from './contract-inputs.ts'
import { events, type Contract } from './contract.ts'
import { FleuronError, type ErrorValue } from './errors.ts'

export interface CallMessage {
  kind: 'call'
  id: number
  service: string
  method: string
  input?: unknown
}

export interface AnswerMessage {
  kind: 'answer'
  /** Of the call. */
  id: number
  value?: unknown
  error?: ErrorValue
}

export interface EventMessage {
  kind: 'event'
  service: string
  event: string
  value: unknown
}

export type ServerMessage = AnswerMessage | EventMessage

export interface Transport {
  /** Rejects with a FleuronError. */
  call(service: string, method: string, input: unknown): Promise<unknown>
  subscribe(service: string, event: string, listener: (value: unknown) => void): () => void
}

/** The client's end of a connection: give it what arrives, and it keeps calls and answers together. */
export interface ClientEnd extends Transport {
  receive(message: ServerMessage): void
  /** The connection broke: what was asked and not answered fails. Listeners stay, for the next connection. */
  interrupted(): void
}

/** @param send may throw: the call then fails */
export function createClientEnd(send: (message: CallMessage) => void): ClientEnd {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: FleuronError) => void }>()
  const listeners = new Map<string, Set<(value: unknown) => void>>()
  let lastId = 0

  return {
    call: (service, method, input) =>
      new Promise((resolve, reject) => {
        const id = ++lastId
        waiting.set(id, { resolve, reject })
        try {
          send(
            input === undefined ? { kind: 'call', id, service, method } : { kind: 'call', id, service, method, input },
          )
        } catch (error) {
          waiting.delete(id)
          reject(error instanceof FleuronError ? error : notSent(error))
        }
      }),
    subscribe: (service, event, listener) => {
      const key = `${service}.${event}`
      const group = listeners.get(key) ?? new Set()
      listeners.set(key, group)
      // A function of its own, so that the same listener may subscribe twice.
      const own = (value: unknown) => listener(value)
      group.add(own)
      return () => {
        group.delete(own)
      }
    },
    receive: (message) => {
      if (message.kind === 'event') {
        for (const listener of listeners.get(`${message.service}.${message.event}`) ?? []) listener(message.value)
        return
      }
      const call = waiting.get(message.id)
      waiting.delete(message.id)
      if (message.error) call?.reject(FleuronError.fromValue(message.error))
      else call?.resolve(message.value)
    },
    interrupted: () => {
      for (const { reject } of waiting.values()) reject(brokenOff())
      waiting.clear()
    },
  }
}

/** Nobody is at the other end any more. */
export const brokenOff = (): FleuronError =>
  new FleuronError('not-ready', 'The connection to Fleuron broke off; look whether it was done, and try again.')

const notSent = (error: unknown): FleuronError =>
  new FleuronError('internal', 'Fleuron could not send this; reload the window and try again.', {
    details: error instanceof Error ? error.message : String(error),
  })

/**
 * A Contract over a transport: plain objects and functions (a Proxy cannot cross Electron's context bridge).
 * Inputs are cloned as Electron clones them, so that what cannot be sent there (Vue's proxies) fails on every host.
 */
export function createClient(transport: Transport): Contract {
  const service = ([name, methods]: [string, object]): [string, object] => [
    name,
    Object.fromEntries(
      Object.keys(methods).map((method) => [
        method,
        async (input: unknown) => transport.call(name, method, structuredClone(input)),
      ]),
    ),
  ]
  const subscriptions = ([name, names]: [string, readonly string[]]): [string, object] => [
    name,
    Object.fromEntries(
      names.map((event) => [event, (listener: (value: unknown) => void) => transport.subscribe(name, event, listener)]),
    ),
  ]
  const methods = Object.entries(inputs).map(service)
  const listeners = Object.fromEntries(Object.entries(events).map(subscriptions))
  const client: unknown = Object.fromEntries(methods.map(([name, calls]) => [name, { ...calls, ...listeners[name] }]))
  // The other end runs the same contract: what it answers is not checked again.
  return client as Contract
}

/** JSON in which a Uint8Array stands as {"$bytes": base64}. */
export const encodeMessage = (message: CallMessage | ServerMessage): string =>
  JSON.stringify(message, function (this: Record<string, unknown>, key, value: unknown) {
    // Node's Buffer has turned itself into something else by the time `value` is made.
    const original = this[key]
    return original instanceof Uint8Array ? { $bytes: toBase64(original) } : value
  })

/** @throws SyntaxError where the text is no JSON. */
export const decodeMessage = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('$bytes' in value)) return value
    return typeof value.$bytes === 'string' ? fromBase64(value.$bytes) : value
  })

function toBase64(bytes: Uint8Array): string {
  // In blocks: a function takes only so many arguments.
  const block = 0x8000
  let text = ''
  for (let start = 0; start < bytes.length; start += block) {
    text += String.fromCharCode(...bytes.subarray(start, start + block))
  }
  return btoa(text)
}

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

/** What came over the wire is from this server's kind. */
export const isServerMessage = (message: unknown): message is ServerMessage =>
  typeof message === 'object' &&
  message !== null &&
  'kind' in message &&
  (message.kind === 'answer' || message.kind === 'event')
