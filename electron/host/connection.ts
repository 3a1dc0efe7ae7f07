import { events, type Contract, type ServiceName } from '../../shared/contract.ts'
import { toErrorValue } from '../../shared/errors.ts'
import type { ServerMessage } from '../../shared/transport.ts'
import { dispatch } from '../api/dispatch.ts'

/** The services' end of a connection: give it what arrives. */
export interface Connection {
  /** Anything may arrive here: what is no call is passed over. */
  receive(message: unknown): void
  close(): void
}

/** Serves the contract over a connection: answers calls and sends every event. */
export function openConnection(services: Contract, send: (message: ServerMessage) => void): Connection {
  let open = true
  const sendWhileOpen = (message: ServerMessage) => {
    if (open) send(message)
  }

  const unsubscribe = Object.entries(events).flatMap(([service, names]) =>
    isServiceName(service)
      ? names.map((event) =>
          subscribe(services[service], event, (value) => sendWhileOpen({ kind: 'event', service, event, value })),
        )
      : [],
  )

  const answer = async (id: number, service: unknown, method: unknown, input: unknown) => {
    try {
      const value = await dispatch(services, service, method, input)
      sendWhileOpen({ kind: 'answer', id, value })
    } catch (error) {
      sendWhileOpen({ kind: 'answer', id, error: toErrorValue(error) })
    }
  }

  return {
    receive: (message) => {
      if (!isCall(message)) return
      void answer(message.id, message.service, message.method, message.input)
    },
    close: () => {
      open = false
      for (const leave of unsubscribe) leave()
    },
  }
}

const isServiceName = (name: string): name is ServiceName => Object.hasOwn(events, name)

function subscribe(service: object, event: string, listener: (value: unknown) => void): () => void {
  const on: unknown = Reflect.get(service, event)
  if (typeof on !== 'function') throw new Error(`The service lacks the event ${event}.`)
  const leave: unknown = Reflect.apply(on, service, [listener])
  return () => {
    if (typeof leave === 'function') Reflect.apply(leave, undefined, [])
  }
}

function isCall(message: unknown): message is { id: number; service?: unknown; method?: unknown; input?: unknown } {
  return (
    typeof message === 'object' &&
    message !== null &&
    'kind' in message &&
    message.kind === 'call' &&
    'id' in message &&
    typeof message.id === 'number'
  )
}
