import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../augment/testing.ts'
import { downloadWeights, hubUrl, type RemoteWeights } from './weights-download.ts'

const content = randomBytes(300_000)
const tag = `"${createHash('sha256').update(content).digest('hex')}"`
let folder: ReturnType<typeof temporaryFolder>
let server: Server
let weights: RemoteWeights
let requests: IncomingMessage[]
/** By the number of bytes that have been read. */
let cuts: Map<number, () => void>
let handle: (request: IncomingMessage, response: ServerResponse) => void

/** Answers as the hub's storage does: ranges, a tag, and as many bytes per answer as `most` says before the line is cut. */
function serveFile(
  request: IncomingMessage,
  response: ServerResponse,
  options: { most?: number; tag?: string | null } = {},
) {
  const { most = Infinity, tag: own = tag } = options
  const same = request.headers['if-range'] === undefined || request.headers['if-range'] === own
  const from = same ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0
  if (from >= content.length) return response.writeHead(416).end()
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': content.length - from,
    ...(own === null ? {} : { etag: own }),
    ...(from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
  })
  const part = content.subarray(from, Math.min(content.length, from + most))
  if (part.length === content.length - from) return response.end(part)
  // What has arrived and not been read would be lost with the line: it is cut when all of it was read.
  cuts.set(from + part.length, () => response.destroy())
  response.write(part)
}

beforeEach(async () => {
  folder = temporaryFolder()
  requests = []
  cuts = new Map()
  server = createServer((request, response) => {
    requests.push(request)
    handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  weights = {
    title: 'ViT-Tiny',
    url: hubUrl('timm/vit_tiny.tag', `http://127.0.0.1:${port}/`),
    bytes: 22_900_000,
    to: join(folder.path, 'weights', 'vit_tiny.safetensors'),
  }
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  folder.remove()
})

const quick = { retrySeconds: 0.001, onProgress: (done: number) => cuts.get(done)?.() }
const files = (): string[] => readdirSync(join(folder.path, 'weights'))

test('fetches the file whole and tells how far it is', async () => {
  handle = (request, response) => serveFile(request, response)
  const told: [number, number | null][] = []
  await downloadWeights(weights, { onProgress: (done, total) => told.push([done, total]) })
  expect(requests[0]?.url).toBe('/timm/vit_tiny.tag/resolve/main/model.safetensors')
  expect(readFileSync(weights.to).equals(content)).toBe(true)
  expect(files()).toEqual(['vit_tiny.safetensors'])
  expect(told[0]).toEqual([0, content.length])
  expect(told.at(-1)).toEqual([content.length, content.length])
})

test('follows the hub to its storage, and takes size and checksum from the hub', async () => {
  handle = (request, response) => {
    if (request.url === '/storage') return serveFile(request, response, { tag: '"another"' })
    response.writeHead(302, { location: '/storage', 'x-linked-etag': tag, 'x-linked-size': content.length }).end()
  }
  await downloadWeights(weights, quick)
  expect(readFileSync(weights.to).equals(content)).toBe(true)
})

test('a line that is cut again and again is taken up where it was', async () => {
  handle = (request, response) => serveFile(request, response, { most: 70_000 })
  await downloadWeights(weights, quick)
  expect(readFileSync(weights.to).equals(content)).toBe(true)
  const ranges = requests.map(({ headers }) => headers.range).filter((range) => range !== undefined)
  expect(ranges.length).toBeGreaterThan(3)
  expect(requests.every(({ headers }) => headers.range === undefined || headers['if-range'] === tag)).toBe(true)
})

test('a line that goes silent counts as cut', async () => {
  let silent = true
  handle = (request, response) => {
    if (!silent || request.headers.range === undefined) return serveFile(request, response, { most: 50_000 })
    silent = false
    response.writeHead(206, { 'content-length': 250_000 }).flushHeaders()
  }
  await downloadWeights(weights, { ...quick, stallSeconds: 0.2 })
  expect(readFileSync(weights.to).equals(content)).toBe(true)
})

test('a cancelled download goes on later from where it was', async () => {
  handle = (request, response) => serveFile(request, response)
  const abort = new AbortController()
  const cancelled = downloadWeights(weights, {
    ...quick,
    signal: abort.signal,
    onProgress: (done) => done > 0 && abort.abort(),
  })
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
  expect(existsSync(weights.to)).toBe(false)
  expect(files()).toEqual([expect.stringMatching(/^vit_tiny\.safetensors\..*\.part$/)])
  requests = []
  await downloadWeights(weights, quick)
  expect(requests.some(({ headers }) => headers.range !== undefined)).toBe(true)
  expect(readFileSync(weights.to).equals(content)).toBe(true)
})

test('the beginning of another version is not taken up', async () => {
  mkdirSync(join(folder.path, 'weights'))
  writeFileSync(`${weights.to}.0123456789ab.part`, 'of another version')
  handle = (request, response) => serveFile(request, response)
  await downloadWeights(weights, quick)
  expect(files()).toEqual(['vit_tiny.safetensors'])
  expect(readFileSync(weights.to).equals(content)).toBe(true)
})

test('a server without tags and ranges is no trouble', async () => {
  handle = (_, response) => response.writeHead(200).end(content)
  await downloadWeights(weights, quick)
  expect(readFileSync(weights.to).equals(content)).toBe(true)
})

describe('says what is wrong and what to do', () => {
  test('no network: what it would fetch and how large it is', async () => {
    await new Promise((resolve) => server.close(resolve))
    await expect(downloadWeights(weights, quick)).rejects.toMatchObject({
      code: 'offline',
      message: expect.stringMatching(/does not reach 127.*ViT-Tiny \(23 MB\).*FLEURON_WEIGHTS/),
    })
    server.listen(0)
  })

  test('no such file', async () => {
    handle = (_, response) => response.writeHead(404).end()
    await expect(downloadWeights(weights, quick)).rejects.toMatchObject({ code: 'not-found' })
  })

  test('another content than was announced', async () => {
    handle = (request, response) => serveFile(request, response, { tag: `"${'0'.repeat(64)}"` })
    await expect(downloadWeights(weights, quick)).rejects.toMatchObject({ code: 'unreadable' })
    expect(files()).toEqual([])
  })

  test('a place that cannot be written', async () => {
    writeFileSync(join(folder.path, 'file'), '')
    handle = (request, response) => serveFile(request, response)
    const within = { ...weights, to: join(folder.path, 'file', 'weights', 'vit_tiny.safetensors') }
    await expect(downloadWeights(within, quick)).rejects.toMatchObject({ code: 'not-permitted' })
  })
})
