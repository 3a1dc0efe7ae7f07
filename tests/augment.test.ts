/** The Augment screen on photos: presets, sliders, mixing, extremes, saved policies, and on to Train. */
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sharedFolder } from '../electron/engine/testing.ts'
import { violations } from './accessibility.ts'
import { launchBrowser, openWindow, screenshotAll, startFleuron, type RunningFleuron } from './browser.ts'
import { drawPhotos } from './photo-folder.ts'

let browser: Browser
let fleuron: RunningFleuron
let context: BrowserContext
let page: Page
let folder: string
const faults: string[] = []

/** Long enough for a busy machine; without it a step that never comes would hang without a word. */
const patience = 120_000

/** Real photos where there are any, drawn ones elsewhere. */
async function fill(path: string): Promise<void> {
  const flowers = join(sharedFolder, 'data', 'flowers')
  if (!existsSync(flowers)) {
    process.stderr.write(`NOT RUN ON REAL PHOTOS: there is no ${flowers}; drawn ones stand in.\n`)
    await drawPhotos(path, { Daisy: 6, Rose: 6, Tulip: 6 })
    return
  }
  for (const name of await readdir(flowers)) {
    await mkdir(join(path, name))
    const files = (await readdir(join(flowers, name))).sort().slice(0, 6)
    for (const file of files) await cp(join(flowers, name, file), join(path, name, file))
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleuron-augment-'))
  await fill(folder)
  browser = await launchBrowser()
  fleuron = await startFleuron()
  ;({ page, context } = await openWindow(browser, fleuron.address))
  page.setDefaultTimeout(patience)
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(message.text())
  })
})
afterAll(async () => {
  await context?.close()
  await browser?.close()
  await fleuron?.stop()
  await rm(folder, { recursive: true, force: true })
})

const button = (name: string | RegExp) => page.getByRole('button', { name })
const samples = () => page.getByRole('img', { name: /^Sample \d+/ })
const firstSample = async () => samples().first().getAttribute('src')
const eventually = <T>(value: () => Promise<T>) => expect.poll(value, { timeout: patience })

it('shows twelve samples of a photo of the project', async () => {
  await button(/^Open a folder/).click()
  await page.getByLabel('Path of the folder').fill(folder)
  await button('Go there').click()
  await button('Choose this folder').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make the project' }).click()
  await page.getByRole('gridcell').nth(10).waitFor()
  await page.getByRole('link', { name: 'Augment' }).click()
  await samples().nth(11).waitFor()
  expect(await samples().count()).toBe(12)
  expect(await page.getByRole('img', { name: 'The photo as it is' }).count()).toBe(1)
  expect(await violations(page)).toEqual([])
  await screenshotAll(page, 'augment-standard')
})

it('draws others again, and follows the sliders by key', async () => {
  const before = await firstSample()
  await button('Again').click()
  await eventually(firstSample).not.toBe(before)

  await page.getByRole('switch', { name: 'Rotation' }).click()
  const slider = page.getByRole('slider', { name: 'Rotation: Up to' })
  await slider.waitFor()
  const still = await firstSample()
  await slider.press('End')
  await eventually(firstSample).not.toBe(still)
  expect(await slider.getAttribute('aria-valuetext')).toBe('180°')
  await page.getByRole('img', { name: 'Rotation: −180°' }).waitFor()
})

it('says how photos are mixed', async () => {
  await page.getByRole('radio', { name: 'None' }).click()
  await page.getByText('Every photo is shown as it is.').waitFor()
  await page.getByRole('switch', { name: 'CutMix and MixUp' }).click()
  await page
    .getByRole('img', { name: /^Sample \d+: \d+ % \w+, \d+ % \w+/ })
    .first()
    .waitFor()
  await screenshotAll(page, 'augment-mix')
  expect(await violations(page)).toEqual([])
})

it('keeps a policy under a name, and trains with it', async () => {
  await page.getByRole('radio', { name: 'Field photos' }).click()
  await page.getByRole('switch', { name: 'Greyscale' }).click()
  await page.getByRole('img', { name: /^Greyscale/ }).waitFor()
  await screenshotAll(page, 'augment-field')
  await button('Save as…').click()
  await page.getByLabel('Name of the policy').fill('In the wet meadow')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await page.getByRole('status').filter({ hasText: 'In the wet meadow' }).waitFor()
  await page.getByRole('radio', { name: 'Light' }).click()
  await page.getByRole('combobox', { name: 'Saved policies' }).click()
  await page.getByRole('option', { name: 'In the wet meadow' }).click()
  await button('Remove this saved policy').waitFor()
  await button('Train with it').click()
  await page.getByRole('heading', { name: 'Augmentation' }).waitFor()
  await page
    .getByText(/perspective/)
    .first()
    .waitFor()
})

it('nothing went wrong on the way', () => {
  expect(faults).toEqual([])
})
