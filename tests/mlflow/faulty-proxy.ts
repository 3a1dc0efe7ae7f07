/** A proxy that loses what it is told to lose: between the outbox and a real server. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'

/**
 * 'pass'; 'cut-before': the connection breaks and the server never hears of it; 'cut-middle': it breaks while the
 * request is being sent; 'cut-after': the server does its work and the reply is lost; 'error-500' and 'busy-503': an
 * answer of the proxy's own, the server hears nothing; 'error-after': the server does its work, the answer is a 502;
 * 'late': the connection breaks at once, and the server hears of it when the next one like it was answered.
 */
export type Fault =
  'pass' | 'cut-before' | 'cut-middle' | 'cut-after' | 'error-500' | 'busy-503' | 'error-after' | 'late'

export interface FaultyProxy {
  readonly url: string
  readonly port: number
  /** Requests so far, with what became of them. */
  readonly log: { method: string; path: string; fault: Fault }[]
  close(): Promise<void>
}

function reply(answer: IncomingMessage, incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault): void {
  if (fault === 'cut-after') {
    answer.resume().once('end', () => incoming.socket.destroy())
  } else if (fault === 'error-after') {
    answer.resume().once('end', () => outgoing.writeHead(502).end('<h1>Bad Gateway</h1>'))
  } else {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  }
}

/** @param choose what becomes of a request */
export async function startFaultyProxy(
  target: { port: number },
  choose: (method: string, path: string) => Fault,
  port = 0,
): Promise<FaultyProxy> {
  const log: FaultyProxy['log'] = []
  const late = new Map<string, () => Promise<unknown>>()
  const server = createServer((incoming, outgoing) => {
    const [method, path] = [incoming.method ?? '', incoming.url ?? '']
    const fault = choose(method, path)
    log.push({ method, path, fault })
    handle(incoming, outgoing, fault)
  })
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault): void => {
    if (fault === 'cut-before') {
      incoming.socket.destroy()
      return
    }
    if (fault === 'error-500' || fault === 'busy-503') {
      incoming.resume().once('end', () => outgoing.writeHead(fault === 'error-500' ? 500 : 503).end('<h1>Error</h1>'))
      return
    }
    const { method, url, headers } = incoming
    if (fault === 'late') {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.once('end', () => {
        const init = { method: method ?? '', headers: { 'content-type': headers['content-type'] ?? '' } }
        late.set(`${method} ${url}`, () =>
          fetch(`http://127.0.0.1:${target.port}${url}`, { ...init, body: Buffer.concat(chunks) }),
        )
        incoming.socket.destroy()
      })
      return
    }
    const forwarded = request({ host: '127.0.0.1', port: target.port, method, path: url, headers }, (answer) => {
      const before = late.get(`${method} ${url}`)
      late.delete(`${method} ${url}`)
      void (before?.() ?? Promise.resolve()).then(() => reply(answer, incoming, outgoing, fault))
    })
    forwarded.on('error', () => incoming.socket.destroy())
    if (fault === 'cut-middle') {
      // The head, and half of what belongs to it.
      forwarded.flushHeaders()
      incoming.once('data', (chunk: Buffer) => {
        forwarded.write(chunk.subarray(0, chunk.length / 2), () => {
          forwarded.destroy()
          incoming.socket.destroy()
        })
      })
      incoming.once('end', () => {
        forwarded.destroy()
        incoming.socket.destroy()
      })
      return
    }
    incoming.pipe(forwarded)
  }
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : 0
  return {
    port: actual,
    url: `http://127.0.0.1:${actual}`,
    log,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
