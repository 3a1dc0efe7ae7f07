/** What stands before many an MLflow server: a proxy that lets through who shows the right header. */
import { once } from 'node:events'
import { createServer, request } from 'node:http'

export interface GuardedProxy {
  readonly url: string
  /** What the Authorization header must be. */
  demand(authorization: string): void
  close(): Promise<void>
}

export async function startGuardedProxy(target: { port: number }): Promise<GuardedProxy> {
  let demanded = ''
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    if (headers.authorization !== demanded) {
      incoming.resume()
      outgoing.writeHead(401, { 'www-authenticate': 'Basic realm="mlflow"' }).end('<h1>401 Authorization Required</h1>')
      return
    }
    const { authorization: _, ...rest } = headers
    const forwarded = request({ host: '127.0.0.1', port: target.port, method, path: url, headers: rest }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.on('error', () => incoming.socket.destroy())
    incoming.pipe(forwarded)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    demand: (authorization) => {
      demanded = authorization
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
