import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { onTestFinished, expect, it } from 'vitest'
import { backoff } from './backoff.ts'
import { Connection } from './connection.ts'
import { faultOfAnswer, TrackingFault } from './fault.ts'

const faultOf = (status: number, text: string, authenticated = false) => {
  const { kind, message, code } = faultOfAnswer('http://host', status, text, authenticated)
  return { kind, message, code }
}

// Texts as MLflow 3.17.2 sends them.
it('tells what passes, what somebody has to do something about, and what is refused', () => {
  expect(faultOf(401, 'You are not authenticated.')).toMatchObject({
    kind: 'closed',
    message: expect.stringContaining('asks for a name and password'),
  })
  expect(faultOf(401, 'You are not authenticated.', true).message).toContain('does not accept this name and password')
  expect(faultOf(403, 'Permission denied')).toMatchObject({ kind: 'refused' })
  expect(faultOf(403, 'Invalid Host header - possible DNS rebinding attack detected')).toMatchObject({
    kind: 'closed',
    message: expect.stringContaining('--allowed-hosts'),
  })
  expect(faultOf(403, 'Cross-origin request blocked').message).toContain('--cors-allowed-origins')
  expect(faultOf(404, '<!doctype html><title>404 Not Found</title>')).toMatchObject({ kind: 'closed', code: '' })
  expect(faultOf(302, '').kind).toBe('closed')
  for (const status of [408, 429, 500, 502, 503]) expect(faultOf(status, '<h1>Error</h1>').kind).toBe('away')
  expect(faultOf(400, '{"error_code": "INVALID_PARAMETER_VALUE", "message": "No."}')).toEqual({
    kind: 'refused',
    code: 'INVALID_PARAMETER_VALUE',
    message: 'http://host refused: No.',
  })
})

/** A server that answers everything the same way, and an open connection to it. */
async function connect(answer: Parameters<typeof createServer>[1], scheme = 'http'): Promise<Connection> {
  const server = createServer(answer as never).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
  return new Connection({ url, user: 'ada', password: 'secret', token: null }, new AbortController().signal)
}

it('takes a broken connection, and a server that speaks no TLS, for one that is away', async () => {
  const broken = await connect((request) => void request.socket.destroy())
  await expect(broken.text('/version')).rejects.toMatchObject({
    kind: 'away',
    message: expect.stringContaining('broke the connection off'),
  })
  const plain = await connect((_request, response) => void response.end(), 'https')
  await expect(plain.text('/version')).rejects.toMatchObject({
    kind: 'away',
    message: expect.stringContaining('http://'),
  })
})

it('does not follow to another address with the password', async () => {
  const away = await connect(
    (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  )
  await expect(away.text('/version')).rejects.toMatchObject({ kind: 'closed', status: 302 })
})

it('shows who is there, and sends one string', async () => {
  const seen: Record<string, unknown>[] = []
  const connection = await connect((request, response) => {
    seen.push({ ...request.headers, method: request.method, url: request.url })
    response.end('{}')
  })
  await connection.api('POST', 'runs/create', { name: 'ü' })
  await connection.put('1/a b/c.png', { bytes: Uint8Array.of(1, 2, 3) })
  expect(seen[0]).toMatchObject({
    authorization: `Basic ${btoa('ada:secret')}`,
    'content-type': 'application/json',
    'content-length': '13',
    url: '/api/2.0/mlflow/runs/create',
  })
  expect(seen[0]).not.toHaveProperty('origin')
  expect(seen[1]).toMatchObject({ 'content-length': '3', url: '/api/2.0/mlflow-artifacts/artifacts/1/a%20b/c.png' })
})

it('a page instead of JSON is no MLflow server', async () => {
  const page = await connect((_request, response) => void response.end('<html></html>'))
  await expect(page.api('GET', 'experiments/search')).rejects.toBeInstanceOf(TrackingFault)
})

it('waits twice as long each time, up to five minutes, half of it by chance', () => {
  expect([1, 2, 3, 20, 5000].map((attempts) => backoff(attempts, () => 1))).toEqual([
    1000, 2000, 4000, 300_000, 300_000,
  ])
  expect(backoff(3, () => 0)).toBe(2000)
})
