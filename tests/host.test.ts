/** The browser host from outside: who gets in, and what a second window, a reload and the end look like. */
import { once } from 'node:events'
import { request } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { launchBrowser, openWindow, screenshot, startFleuron, type RunningFleuron } from './browser.ts'
import { drawPhotos } from './photo-folder.ts'

let browser: Browser
let fleuron: RunningFleuron
let origin: string

beforeAll(async () => {
  browser = await launchBrowser()
  fleuron = await startFleuron()
  ;({ origin } = new URL(fleuron.address))
})
afterAll(async () => {
  await browser?.close()
  await fleuron?.stop()
})

/** A request exactly as it stands: `fetch` would tidy up the path and choose the Host itself. */
async function get(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; body: string; cookies: string[] }> {
  const { hostname, port } = new URL(origin)
  const sent = request({ hostname, port, path, headers, method }).end()
  const [response] = await once(sent, 'response')
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  return { status: response.statusCode, body, cookies: response.headers['set-cookie'] ?? [] }
}

/** What a WebSocket is answered: 101 when it is opened. */
function upgrade(headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/channel`, { headers })
    socket.on('open', () => {
      socket.terminate()
      resolve(101)
    })
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('error', reject)
  })
}

it('listens on this computer only, and lets nobody in without the token', async () => {
  expect(fleuron.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/)
  for (const path of ['/', '/index.html', '/images/photo/x/grid', '/elsewhere', '/?token=wrong', '/?token=']) {
    const { status, body, cookies } = await get(path)
    expect(status, path).toBe(403)
    expect(body, path).toContain('Fleuron is not open in this browser')
    expect(cookies, path).toEqual([])
  }
  expect(await upgrade({})).toBe(403)
  expect(await upgrade({ cookie: `fleuron-${new URL(origin).port}=guess` })).toBe(403)
})

it('lets one browser in with the token, which is dead afterwards', async () => {
  const { page, context } = await openWindow(browser, fleuron.address)
  await page.waitForURL(`${origin}/**`)
  await page.getByRole('heading', { name: 'Fleuron', exact: true }).waitFor()
  expect(page.url()).not.toContain('token')
  await screenshot(page, 'first-window')

  const [cookie] = await context.cookies()
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', domain: '127.0.0.1' })
  expect((await get(`/${new URL(fleuron.address).search}`)).status).toBe(403)

  const known = { cookie: `${cookie?.name}=${cookie?.value}` }
  expect((await get('/', known)).status).toBe(200)
  // The used address again, in the browser that used it.
  expect((await get(`/${new URL(fleuron.address).search}`, known)).status).toBe(303)

  // A page from elsewhere that was pointed at this computer, or that asks across origins, has no use of the cookie.
  const { port } = new URL(origin)
  expect((await get('/', { ...known, host: `photos.example:${port}` })).status).toBe(403)
  expect((await get('/', { ...known, origin: 'http://photos.example' })).status).toBe(403)
  expect((await get('/', { ...known, origin: 'null' })).status).toBe(403)
  expect(await upgrade({ ...known, origin: 'http://photos.example' })).toBe(403)
  expect(await upgrade({ ...known, origin: `http://127.0.0.1:${Number(port) + 1}` })).toBe(403)
  expect(await upgrade({ ...known, host: `photos.example:${port}` })).toBe(403)
  // Through a tunnel the port is another one.
  expect((await get('/', { ...known, host: 'localhost:9000', origin: 'http://localhost:9000' })).status).toBe(200)

  for (const path of [
    '/../main/cli.js',
    '/..%2fmain/cli.js',
    '/%2e%2e/%2e%2e/package.json',
    '//etc/passwd',
    '/\\..\\x',
  ]) {
    expect((await get(path, known)).status, path).toBe(404)
  }
  expect((await get('/', known, 'POST')).status).toBe(405)
  expect((await get('/here', known, 'POST')).status).toBe(405)
  await context.close()
})

it('survives what is no HTTP', async () => {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  socket.resume().end('\0\0\0 what is this\r\n\r\n')
  await once(socket, 'close')
  expect((await get('/')).status).toBe(403)
})

it('gives the application to one window at a time, and the user the choice', async () => {
  const own = await startFleuron()
  const { page: first, context } = await openWindow(browser, own.address)
  await first.getByRole('heading', { name: 'Fleuron', exact: true }).waitFor()

  const second = await context.newPage()
  await second.goto(new URL(own.address).origin)
  await second.getByText('Fleuron is open in another window').waitFor()
  await screenshot(second, 'second-window')
  await second.getByRole('button', { name: 'Use it here' }).click()
  await second.getByRole('heading', { name: 'Fleuron', exact: true }).waitFor()
  await first.getByText('Fleuron is open in another window').waitFor()

  // The window that has it keeps it when it is reloaded, and the other may have it back.
  for (let time = 0; time < 3; time += 1) await second.reload()
  await second.getByRole('heading', { name: 'Fleuron', exact: true }).waitFor()
  await first.reload()
  await first.getByText('Fleuron is open in another window').waitFor()
  await second.close()
  await first.reload()
  await first.getByRole('heading', { name: 'Fleuron', exact: true }).waitFor()

  await own.stop()
  expect(own.process.exitCode).toBe(0)
  expect(own.errors()).toBe('')
  await context.close()
})

it('opens a dropped folder in a window that is told where it lies, and says that a browser is not', async () => {
  const own = await startFleuron()
  const folder = await mkdtemp(join(tmpdir(), 'fleuron-dropped-'))
  await drawPhotos(folder, { daisy: 2, rose: 2 })
  const { page, context } = await openWindow(browser, own.address)
  await page.getByRole('heading', { name: 'Fleuron', exact: true }).waitFor()
  const drop = () =>
    page.evaluate(`{
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([], 'meadow'))
      document.querySelector('main').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }))
    }`)
  await drop()
  await page.getByText('A browser does not tell where a dropped folder lies').waitFor()
  // What the preload script of the desktop puts into the page.
  await page.evaluate(`window.fleuronPathOf = () => ${JSON.stringify(folder)}`)
  await drop()
  await page.getByRole('button', { name: 'Make the project' }).click()
  await page.getByRole('gridcell', { name: /^daisy_01/ }).waitFor()
  await context.close()
  await own.stop()
  await rm(folder, { recursive: true, force: true })
})

it('says in one sentence that a port is taken', async () => {
  const { port } = new URL(origin)
  await expect(startFleuron({ args: ['--port', port] })).rejects.toThrow(
    `Port ${port} is taken by another program; choose another with --port, or leave --port out.`,
  )
})
