import { createServer, connect, type Socket } from 'node:net'
import type { Contract } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'
import {
  brokenOff,
  createClient,
  createClientEnd,
  decodeMessage,
  encodeMessage,
  isServerMessage,
} from '../../shared/transport.ts'
import type { Application } from '../api/application.ts'
import { holderOf } from '../project/holder.ts'
import { openConnection } from './connection.ts'

export interface HolderServer {
  /** Takes no more calls, and waits until those who call now have gone. */
  drain(): Promise<void>
  /** Ends at once, for those who call too. */
  close(): void
}

/**
 * While this application holds a project, answers other processes of the same user (the command line) on the socket
 * that the project's holder.json names: the contract's messages as JSON, one a line.
 */
export function serveHolder(application: Application): HolderServer {
  let server: HolderServer | undefined
  const listen = (path: string | null) => {
    // Who called because of the project before must not go on with the next one.
    server?.close()
    server = path === null ? undefined : listenAt(path, application.services)
  }
  listen(application.socket.get())
  const leave = application.socket.onChanged(listen)
  return {
    drain: async () => server?.drain(),
    close: () => {
      leave()
      listen(null)
    },
  }
}

function listenAt(path: string, services: Contract): HolderServer {
  const clients = new Set<Socket>()
  const server = createServer((socket) => {
    clients.add(socket)
    const connection = openConnection(services, (message) => socket.write(`${encodeMessage(message)}\n`))
    onLines(socket, (message) => connection.receive(message))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clients.delete(socket)
      connection.close()
    })
  })
  // Without the socket the project is still held; other processes are then told who holds it.
  server.on('error', () => server.close())
  // The mode counts from the moment the socket is there: setting it afterwards would leave a gap.
  const umask = process.platform === 'win32' ? undefined : process.umask(0o177)
  try {
    server.listen(path)
  } finally {
    if (umask !== undefined) process.umask(umask)
  }
  server.unref()
  return {
    drain: async () => {
      server.close()
      for (const client of clients) await new Promise((gone) => client.once('close', gone))
    },
    close: () => {
      server.close()
      for (const client of clients) client.destroy()
    },
  }
}

export interface HolderConnection {
  services: Contract
  close(): void
}

/**
 * The services of the process that holds this project, or null when nobody holds it.
 * @throws FleuronError 'in-use' when the holder does not answer
 */
export async function connectToHolder(directory: string): Promise<HolderConnection | null> {
  const holder = holderOf(directory)
  if (!holder) return null
  const socket = connect(holder.socket)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', (error) =>
      reject(
        new FleuronError(
          'in-use',
          `The project is open in another Fleuron (process ${holder.pid}) that does not answer; close it there and try again.`,
          { details: String(error) },
        ),
      ),
    )
  })
  const end = createClientEnd((message) => {
    if (socket.destroyed) throw brokenOff()
    socket.write(`${encodeMessage(message)}\n`)
  })
  onLines(socket, (message) => {
    if (isServerMessage(message)) end.receive(message)
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => end.interrupted())
  return { services: createClient(end), close: () => socket.destroy() }
}

/** Ends the connection at the first line that is no JSON: the two sides do not understand each other. */
function onLines(socket: Socket, listener: (message: unknown) => void): void {
  // Not node:readline: it breaks lines at U+2028 too, which may stand in a file's name.
  let begun = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (begun + text).split('\n')
    begun = lines.pop() ?? ''
    try {
      for (const line of lines) listener(decodeMessage(line))
    } catch {
      socket.destroy()
    }
  })
}
