import { FleuronError } from './errors.ts'
import {
  brokenOff,
  createClientEnd,
  decodeMessage,
  encodeMessage,
  isServerMessage,
  type CallMessage,
  type Transport,
} from './transport.ts'

/**
 * 'open': connected, for the first time or again (fetch the state anew). 'broken': gone, and tried again by itself.
 * 'elsewhere': another window has Fleuron; show the page at `elsewherePath`, where the user can take it back.
 * 'refused': Fleuron was started anew, or this browser is not the one that opened its address; reload to see why.
 */
export type ConnectionState = 'open' | 'broken' | 'elsewhere' | 'refused'

/** Page of the browser host for a window that does not have Fleuron; "Use it here" on it comes back to the application. */
export const elsewherePath = 'elsewhere'
/** Path of the WebSocket, relative to the page. */
export const channelPath = 'channel'
/** Code with which the server ends a connection in favour of another window. */
export const elsewhereCode = 4001

/** Of one message, both ways: what photos dropped on the window may weigh together, as base64. */
export const maxMessageBytes = 400 * 2 ** 20

/** The server says that it lives this often; a client that hears nothing three times over connects again. */
export const heartbeatMilliseconds = 15_000
const retryMilliseconds = 1000

export interface WebSocketConnection extends Transport {
  close(): void
}

/**
 * The transport of the browser host. Calls made while the connection is down wait for it; calls that were on their way
 * when it broke fail, since nobody knows whether they were done.
 * @param url address of the WebSocket, e.g. `new URL(channelPath, location.href)` with the scheme ws:
 */
export function connectWebSocket(url: URL, onState: (state: ConnectionState) => void): WebSocketConnection {
  let socket: WebSocket | undefined
  let open = false
  let queue: string[] = []
  let ended = false
  let heard = 0
  let retry: ReturnType<typeof setTimeout> | undefined

  const end = createClientEnd((message) => {
    if (ended) throw brokenOff()
    const text = encoded(message)
    if (open && socket) socket.send(text)
    else queue.push(text)
  })

  const connect = () => {
    const current = new WebSocket(url)
    socket = current
    heard = Date.now()
    const admitted = () => {
      open = true
      const pending = queue
      queue = []
      onState('open')
      for (const text of pending) current.send(text)
    }
    current.addEventListener('message', ({ data }: { data: unknown }) => {
      heard = Date.now()
      // The server's first word says that this window has the application; a socket alone may still be turned away.
      if (!open) admitted()
      if (typeof data !== 'string' || data === '') return
      const message = decodeMessage(data)
      if (isServerMessage(message)) end.receive(message)
    })
    current.addEventListener('close', (event: { code: number }) => {
      if (ended || socket !== current) return
      const wasOpen = open
      open = false
      if (event.code === elsewhereCode) return leave('elsewhere')
      if (wasOpen) {
        end.interrupted()
        onState('broken')
      }
      void lookAround()
    })
  }

  /** A WebSocket that is refused does not say why: ask for the page, which does. */
  const lookAround = async () => {
    const page = new URL(url)
    page.protocol = url.protocol === 'wss:' ? 'https:' : 'http:'
    const status = await fetch(page, { method: 'HEAD' }).then(
      (response) => response.status,
      () => null,
    )
    if (ended) return
    if (status === 403) return leave('refused')
    retry = setTimeout(connect, retryMilliseconds)
  }

  const leave = (state: ConnectionState) => {
    close()
    onState(state)
  }

  // A computer that slept, or a tunnel that hangs, closes nothing by itself.
  const watch = setInterval(() => {
    if (open && Date.now() - heard > 3 * heartbeatMilliseconds) socket?.close()
  }, heartbeatMilliseconds)

  const close = () => {
    ended = true
    clearInterval(watch)
    clearTimeout(retry)
    socket?.close()
    end.interrupted()
  }

  connect()
  return { call: end.call, subscribe: end.subscribe, close }
}

function encoded(message: CallMessage): string {
  const text = encodeMessage(message)
  if (text.length <= maxMessageBytes) return text
  throw new FleuronError(
    'invalid-input',
    'This is too much at once for the browser; put the photos into a folder and open the folder.',
  )
}
