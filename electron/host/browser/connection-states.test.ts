/** What the window's end of the connection tells the window, against the real server. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createClient } from '../../../shared/transport.ts'
import {
  channelPath,
  connectWebSocket,
  elsewherePath,
  type ConnectionState,
  type WebSocketConnection,
} from '../../../shared/websocket.ts'
import type { Application } from '../../api/application.ts'
import { forkComputeProcess } from '../../train/compute/fork-compute.ts'
import { startApplication } from '../start-application.ts'
import { terminalHost } from '../terminal.ts'
import { serve, type Served } from './serve.ts'

let home: string
let application: Application
let served: Served
let states: ConnectionState[]
const connections: WebSocketConnection[] = []

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fleuron-states-'))
  application = await startApplication({ home, host: terminalHost(), launchCompute: forkComputeProcess })
  served = await serve({ application })
  states = []
})
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close()
  vi.unstubAllGlobals()
  await served.close()
  await application.close()
  await rm(home, { recursive: true, force: true })
})

const origin = () => new URL(served.address).origin

/** Connects as a browser does that has the cookie. */
async function connect(): Promise<WebSocketConnection> {
  const welcome = await fetch(served.address)
  const cookie = welcome.headers.get('set-cookie')?.split(';')[0] ?? ''
  const Native = WebSocket
  vi.stubGlobal('WebSocket', function open(url: URL) {
    return new Native(url, { headers: { cookie } } as unknown as string[])
  })
  const nativeFetch = fetch
  vi.stubGlobal('fetch', (url: URL, init: RequestInit) =>
    nativeFetch(url, { ...init, headers: { ...Object.fromEntries(new Headers(init.headers)), cookie } }),
  )
  return again()
}

function again(): WebSocketConnection {
  const url = new URL(channelPath, `${origin().replace('http', 'ws')}/`)
  const connection = connectWebSocket(url, (state) => states.push(state))
  connections.push(connection)
  return connection
}

it('calls made before the connection is there wait for it', async () => {
  const { settings } = createClient(await connect())
  expect(await settings.get()).toMatchObject({ theme: 'system' })
  expect(states).toEqual(['open'])
})

it('a second window is told that another has the application, and its calls fail', async () => {
  const first = await connect()
  await vi.waitFor(() => expect(states).toEqual(['open']))
  const second = createClient(again())
  await expect(second.settings.get()).rejects.toMatchObject({ code: 'not-ready' })
  expect(states).toEqual(['open', 'elsewhere'])
  await expect(second.settings.get()).rejects.toMatchObject({ code: 'not-ready' })
  expect(await createClient(first).settings.get()).toMatchObject({ theme: 'system' })
})

it('a window that was turned away does not come back before the other is there', async () => {
  await connect()
  await vi.waitFor(() => expect(states).toEqual(['open']))
  await fetch(new URL('here', origin()), { method: 'POST', headers: { origin: origin() }, redirect: 'manual' })
  await vi.waitFor(() => expect(states).toEqual(['open', 'elsewhere']))
  const page = await fetch(new URL(elsewherePath, origin()), { redirect: 'manual' })
  expect(await page.text()).toContain('Fleuron is open in another window')
  again()
  await vi.waitFor(() => expect(states).toEqual(['open', 'elsewhere', 'open']))
})

it('a window whose Fleuron was started anew is told to load the page again', async () => {
  const client = createClient(await connect())
  await client.settings.get()
  const port = Number(new URL(served.address).port)
  await served.close()
  await vi.waitFor(() => expect(states).toEqual(['open', 'broken']))
  const waiting = client.settings.get()
  served = await serve({ application, port })
  await expect(waiting).rejects.toMatchObject({ code: 'not-ready' })
  expect(states).toEqual(['open', 'broken', 'refused'])
})
