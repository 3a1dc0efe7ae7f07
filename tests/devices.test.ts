/** What computes: tried and chosen in Settings, as a user would, and on the command line. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DeviceList } from '../shared/device.ts'
import { violations } from './accessibility.ts'
import { launchBrowser, openWindow, screenshot, screenshotAll, startFleuron, type RunningFleuron } from './browser.ts'

let browser: Browser
let fleuron: RunningFleuron
let context: BrowserContext
let page: Page
const faults: string[] = []

beforeAll(async () => {
  browser = await launchBrowser()
  fleuron = await startFleuron()
  ;({ page, context } = await openWindow(browser, fleuron.address))
  page.on('pageerror', (error) => faults.push(error.message))
})
afterAll(async () => {
  await context?.close()
  await browser?.close()
  await fleuron?.stop()
})

const device = (name: RegExp) => page.getByRole('radio', { name })

it('lists what this computer could compute on, and tries it when asked', async () => {
  await page.getByRole('link', { name: 'Settings' }).click()
  await device(/^Processor/).waitFor()
  await page.getByRole('heading', { name: 'Computing' }).scrollIntoViewIfNeeded()
  expect(await device(/^Automatic/).isChecked()).toBe(true)
  expect(await device(/TensorFlow/).isEnabled()).toBe(false)
  await screenshot(page, 'devices-untried')
  await page.getByRole('button', { name: 'Try them here' }).click()
  await page.getByText('Trying:').waitFor()
  await screenshot(page, 'devices-trying')
  await device(/TensorFlow.*Not available here/).waitFor()
  await device(/^Processor.*Works.*photos\/s/).waitFor()
  await screenshotAll(page, 'devices')
  expect(await violations(page)).toEqual([])
})

it('keeps what was chosen, and the command line says the same', async () => {
  await device(/^Processor/).check()
  await page.getByText('now: Processor').waitFor()
  await page.reload()
  await device(/^Processor/).waitFor()
  expect(await device(/^Processor/).isChecked()).toBe(true)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, '..', 'out', 'main', 'cli.js'), 'devices', '--json'],
    { env: { ...process.env, FLEURON_HOME: fleuron.home } },
  )
  const list = JSON.parse(stdout) as DeviceList
  expect(list).toMatchObject({ chosen: 'cpu', used: 'cpu' })
  expect(list.devices[0]).toMatchObject({ device: 'cpu', trial: { result: 'works' } })
  expect(list.devices.every(({ trial }) => trial !== null)).toBe(true)
  expect(faults).toEqual([])
})
