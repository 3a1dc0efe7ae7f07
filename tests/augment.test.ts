/** The Augment screen on photos: presets, sliders, mixing, extremes, saved policies, and on to Train. */
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Contract } from '../shared/contract.ts'
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
  await expect.poll(firstSample).not.toBe(before)

  await page.getByRole('switch', { name: 'Rotation' }).click()
  const slider = page.getByRole('slider', { name: 'Rotation: Up to' })
  await slider.waitFor()
  const still = await firstSample()
  await slider.press('End')
  await expect.poll(firstSample).not.toBe(still)
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

it('says why a photo cannot be shown, and shows the others', async () => {
  await page.getByRole('link', { name: 'Augment' }).click()
  await samples().nth(11).waitFor()
  const picker = page.getByRole('list', { name: 'Photo to look at' }).getByRole('button')
  const pathOf = async (place: number): Promise<string> => {
    const text = (await picker.nth(place).getAttribute('aria-label')) as string
    const { photos } = await page.evaluate(async (part) => {
      const { fleuron: services } = globalThis as unknown as { fleuron: Contract }
      return services.photos.page({ filter: { text: part }, order: 'name', offset: 0, limit: 1 })
    }, text)
    return join(folder, photos[0]?.path as string)
  }
  // Of those that nobody has looked at yet: pictures that were shown are kept.
  await rm(await pathOf(10))
  await picker.nth(10).click()
  await page.getByRole('alert').getByText('The file is gone; put it back or exclude the photo.').waitFor()
  await screenshotAll(page, 'augment-gone')
  expect(await violations(page)).toEqual([])
  await writeFile(await pathOf(11), 'milk, bread, eggs')
  await picker.nth(11).click()
  await page.getByRole('alert').getByText('The file is a text file and not a photo').waitFor()
  await picker.nth(0).click()
  await samples().nth(11).waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
})

it('has test-time augmentation among the transforms', async () => {
  await page.getByRole('radio', { name: 'Standard' }).click()
  await page.getByRole('switch', { name: 'Test-time augmentation' }).click()
  const mirror = page.getByRole('switch', { name: 'Its mirror' })
  expect(await mirror.getAttribute('aria-checked')).toBe('true')
  await page.getByText('light and colour, test-time augmentation: its mirror.').waitFor()
  await mirror.scrollIntoViewIfNeeded()
  await screenshotAll(page, 'augment-test-time')
  expect(await violations(page)).toEqual([])
})

it('says what is missing in a project without a photo that can be read', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'fleuron-augment-empty-'))
  await writeFile(join(empty, 'list.jpg'), 'milk, bread, eggs')
  await page.evaluate(async (path) => {
    const { fleuron: services } = globalThis as unknown as { fleuron: Contract }
    await services.projects.create({ folder: path })
  }, empty)
  await page.getByRole('heading', { name: 'No photos to show it on' }).waitFor()
  await screenshotAll(page, 'augment-empty')
  expect(await violations(page)).toEqual([])
  await rm(empty, { recursive: true })
})

it('nothing went wrong on the way', () => {
  expect(faults).toEqual([])
})
