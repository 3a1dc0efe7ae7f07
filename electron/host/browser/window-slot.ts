import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Contract } from '../../../shared/contract.ts'
import { decodeMessage, encodeMessage } from '../../../shared/transport.ts'
import { elsewhereCode, heartbeatMilliseconds } from '../../../shared/websocket.ts'
import { openConnection } from '../connection.ts'

/** A page that is reloaded opens its new connection while the old one is still closing; one that was closed is closing, too. */
const reloadGraceMilliseconds = 500
/** For so long after a window was turned away it is not let back in, unasked, before the one that is to take its place. */
const newcomerMilliseconds = 10_000

/** The one window that has the application. */
export interface WindowSlot {
  /** Once a window that is just leaving has left. */
  isTaken(): Promise<boolean>
  /** Waits for a window that is just leaving; then gives the application to this socket, or turns it away. */
  admit(socket: WebSocket, stream: Pick<Socket, 'bytesRead'>): Promise<void>
  /** Turns the present window away, in favour of the next. */
  vacate(): void
}

export function createWindowSlot(services: Contract): WindowSlot {
  let current: { socket: WebSocket; left: Promise<void> } | undefined
  let keptUntil = 0

  /** Of a page that is reloaded twice in a row the one between may come in first, and is leaving as well. */
  const someLeave = async () => {
    const end = performance.now() + reloadGraceMilliseconds
    for (let before = current; before && performance.now() < end; before = current)
      await Promise.race([before.left, delay(end - performance.now())])
  }

  const admit: WindowSlot['admit'] = async (socket, stream) => {
    socket.on('error', () => socket.terminate())
    await someLeave()
    if (current) {
      socket.close(elsewhereCode, 'Fleuron is open in another window.')
      return
    }
    if (socket.readyState !== socket.OPEN) return
    keptUntil = 0
    current = { socket, left: occupy(services, socket, stream) }
    const { left } = current
    await left
    if (current?.left === left) current = undefined
  }

  return {
    isTaken: async () => {
      await someLeave()
      return current !== undefined || performance.now() < keptUntil
    },
    admit,
    vacate: () => {
      keptUntil = performance.now() + newcomerMilliseconds
      current?.socket.close(elsewhereCode, 'Fleuron was opened in another window.')
      current = undefined
    },
  }
}

/** Serves the application to a socket until it closes or falls silent. */
function occupy(services: Contract, socket: WebSocket, stream: Pick<Socket, 'bytesRead'>): Promise<void> {
  const connection = openConnection(services, (message) => socket.send(encodeMessage(message)))
  socket.on('message', (data, isBinary) => {
    // A window that was turned away has nothing more to say.
    if (socket.readyState !== socket.OPEN) return
    if (isBinary || !Buffer.isBuffer(data)) return socket.close(1003, 'Text only.')
    try {
      connection.receive(decodeMessage(data.toString('utf8')))
    } catch {
      socket.close(1007, 'This is no message of Fleuron.')
    }
  })

  // An empty message tells the page that it has the application, and later that the server lives.
  socket.send('')
  // Whoever is in the middle of a long message cannot answer a ping, but something of it arrives.
  let heard = -1
  const heartbeat = setInterval(() => {
    if (stream.bytesRead === heard) return socket.terminate()
    heard = stream.bytesRead
    socket.ping()
    socket.send('')
  }, heartbeatMilliseconds)

  return new Promise((resolve) => {
    socket.on('close', () => {
      clearInterval(heartbeat)
      connection.close()
      resolve()
    })
  })
}

const delay = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))
