import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { FleuronError, toErrorValue } from '../../../shared/errors.ts'
import { channelPath, elsewherePath, maxMessageBytes } from '../../../shared/websocket.ts'
import type { Application } from '../../api/application.ts'
import { createAssets, problem, rendererDirectory, securityHeaders, type Assets } from '../assets.ts'
import { createAccess, isLoopbackHost, isOwnOrigin, type Access } from './access.ts'
import { elsewherePage, pagePolicy, refusedPage, welcomePage } from './pages.ts'
import { createWindowSlot, type WindowSlot } from './window-slot.ts'

export interface ServeOptions {
  application: Application
  /** 0 or left out: any free port. */
  port?: number | undefined
}

export interface Served {
  /** With the token that works once. */
  address: string
  close(): Promise<void>
}

/**
 * Serves the application on 127.0.0.1.
 * @throws FleuronError 'in-use' where the port is taken, 'not-permitted' where it may not be used
 */
export async function serve({ application, port = 0 }: ServeOptions): Promise<Served> {
  const server = createServer()
  const actualPort = await listen(server, port)
  const access = createAccess(actualPort)
  const slot = createWindowSlot(application.services)
  const assets = createAssets({ images: application.images, directory: rendererDirectory() })
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes })

  server.on('request', (request, response) => {
    answer(request, { access, slot, assets })
      .catch((error: unknown) => problem(500, toErrorValue(error).message))
      .then((answered) => send(response, answered, request.method === 'HEAD'))
      // The browser went away while it was answered.
      .catch(() => response.destroy())
  })
  server.on('upgrade', (request, stream, head) => {
    const allowed = pathOf(request) === `/${channelPath}` && isAllowed(request, access)
    stream.on('error', () => stream.destroy())
    if (!allowed) return stream.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    sockets.handleUpgrade(request, stream, head, (socket) => void slot.admit(socket, request.socket))
  })

  return {
    address: `http://127.0.0.1:${actualPort}/?token=${access.token}`,
    close: async () => {
      sockets.close()
      // All of them: one that still waits for another to leave would be let in now, and the server would wait for it.
      for (const socket of sockets.clients) socket.terminate()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)))
    server.listen({ host: '127.0.0.1', port }, resolve)
  })
  server.removeAllListeners('error')
  const address: AddressInfo | string | null = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.')
  return address.port
}

function listenError(error: NodeJS.ErrnoException, port: number): FleuronError {
  const remedy = 'choose another with --port, or leave --port out'
  if (error.code === 'EADDRINUSE') {
    return new FleuronError('in-use', `Port ${port} is taken by another program; ${remedy}.`)
  }
  if (error.code === 'EACCES') {
    return new FleuronError('not-permitted', `You have no permission to use port ${port}; ${remedy}.`)
  }
  return new FleuronError('internal', `Port ${port} cannot be used; ${remedy}.`, { details: String(error) })
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? '/'

const isAllowed = ({ headers }: IncomingMessage, access: Access): boolean =>
  isLoopbackHost(headers.host) && isOwnOrigin(headers) && access.isKnown(headers)

interface Parts {
  access: Access
  slot: WindowSlot
  assets: Assets
}

async function answer(request: IncomingMessage, { access, slot, assets }: Parts): Promise<Response> {
  const { method, headers, url = '/' } = request
  if (!isLoopbackHost(headers.host) || !isOwnOrigin(headers)) {
    return problem(403, 'Fleuron answers only to this computer, at the address that it printed.')
  }
  const path = pathOf(request)
  if (method === 'GET' && path === '/') {
    const token = new URLSearchParams(url.slice(path.length)).get('token')
    if (access.redeem(token)) return htmlPage(200, welcomePage, { 'set-cookie': access.cookie() })
    // The used address, opened again in the browser that used it (a bookmark, the back button).
    if (token !== null && access.isKnown(headers)) return redirect('/')
  }
  if (!access.isKnown(headers)) return htmlPage(403, refusedPage)

  if (method === 'POST' && path === '/here' && headers.origin !== undefined) {
    slot.vacate()
    return redirect('/')
  }
  if (method !== 'GET' && method !== 'HEAD') return problem(405, 'This address can only be read.')
  if (path === `/${elsewherePath}`) return (await slot.isTaken()) ? htmlPage(200, elsewherePage) : redirect('/')
  return assets({ path, ifNoneMatch: headers['if-none-match'] ?? null })
}

const htmlPage = (status: number, html: string, headers: Record<string, string> = {}): Response =>
  new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': pagePolicy,
      ...securityHeaders,
      ...headers,
    },
  })

const redirect = (location: string): Response =>
  new Response(null, { status: 303, headers: { location, 'cache-control': 'no-store' } })

async function send(response: ServerResponse, answered: Response, headersOnly: boolean): Promise<void> {
  const body = Buffer.from(await answered.arrayBuffer())
  response.writeHead(answered.status, { ...Object.fromEntries(answered.headers), 'content-length': body.length })
  response.end(headersOnly ? undefined : body)
}
