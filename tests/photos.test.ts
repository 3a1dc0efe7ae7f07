/** A folder is opened and labelled in the window, as a user would, and everything is there afterwards. */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { violations } from './accessibility.ts'
import { launchBrowser, openWindow, screenshot, screenshotAll, startFleuron, type RunningFleuron } from './browser.ts'
import { drawPhotos } from './photo-folder.ts'

let browser: Browser
let fleuron: RunningFleuron
let context: BrowserContext
let page: Page
let folder: string
const faults: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleuron-photos-'))
  await drawPhotos(folder, { Daisy: 6, Rose: 5, rose: 3, Tulip: 6, '': 4 })
  await writeFile(join(folder, 'Tulip', 'broken.jpg'), 'no photograph')
  browser = await launchBrowser()
  fleuron = await startFleuron()
  ;({ page, context } = await openWindow(browser, fleuron.address))
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    // A photo that cannot be shown is answered with an error, and its tile says so.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(message.text())
  })
})
afterAll(async () => {
  await context?.close()
  await browser?.close()
  await fleuron?.stop()
  await rm(folder, { recursive: true, force: true })
})

const tile = (name: string) => page.getByRole('gridcell', { name: new RegExp(`^${name}\\b`) })
const tiles = () => page.getByRole('gridcell')
const toast = (text: string) => page.getByRole('status').filter({ hasText: text }).waitFor()
/** Waits until a tile says this, e.g. "loose_01.jpg, Rose". */
const says = (text: string) => page.getByRole('gridcell', { name: text, exact: true }).waitFor()
const current = () => page.locator('.tile.current').getAttribute('aria-label')
const button = (name: string | RegExp) => page.getByRole('button', { name })
/** The button with the project's name: its menu, and in the list of recent projects the way in. */
const ofProject = () => new RegExp(`^${basename(folder)}`)
const press = (...keys: string[]) =>
  keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())
const inMenu = async (of: string | RegExp, item: string) => {
  await button(of).click()
  await page.getByRole('menuitem', { name: item }).click()
}

async function openFolder(path: string): Promise<void> {
  await button(/^Open a folder/).click()
  await page.getByLabel('Path of the folder').fill(path)
  await button('Go there').click()
  await button('Choose this folder').click()
}

it('says what a folder holds and asks about names that differ in their spelling only', async () => {
  await openFolder(folder)
  const sheet = page.getByRole('dialog')
  await sheet.getByText('21 photos in 4 classes').waitFor()
  await sheet.getByText('4 photos lie beside the class folders').waitFor()
  expect(await sheet.getByRole('list', { name: 'Classes' }).getByRole('listitem').count()).toBe(4)
  await screenshot(page, 'photos-folder-sheet')
  expect(await violations(page)).toEqual([])

  const make = sheet.getByRole('button', { name: 'Make the project' })
  expect(await make.getAttribute('aria-disabled')).toBe('true')
  await sheet.getByRole('radio', { name: 'Merge Rose and rose' }).click()
  await make.click()
  await tiles().nth(24).waitFor()
  expect(await tiles().count()).toBe(25)
  // Photos go on being read; when that ends the list is fetched anew, and what was labelled leaves its filter.
  await page.getByRole('link', { name: /^Running now/ }).waitFor({ state: 'hidden' })
})

it('sets classes by keys, moves on, undoes and redoes', async () => {
  await button(/^Unlabelled/).click()
  await says('loose_01.jpg, no class')
  expect(page.url()).toContain('class=none')

  await press('1')
  await toast('1 photo set to')
  await says('loose_01.jpg, Daisy')
  expect(await current()).toBe('loose_02.jpg, no class')

  await press('Control+z')
  await toast('Undone: 1 photo set to Daisy')
  await says('loose_01.jpg, no class')
  await press('Control+y')
  await says('loose_01.jpg, Daisy')

  // What no longer fits the filter stays in sight until the user moves on.
  await button('1 photo no longer fits the filter').click()
  await tile('loose_01.jpg').waitFor({ state: 'detached' })
  expect(await tiles().count()).toBe(3)
  await page.goBack()
  await tiles().nth(24).waitFor()
})

it('finds the next photo without a class, selects ranges, and labels them at once', async () => {
  await tile('loose_01.jpg').click()
  await press('n')
  await expect.poll(current).toBe('loose_02.jpg, no class')
  for (const next of ['loose_03.jpg', 'loose_04.jpg', 'loose_02.jpg']) {
    await press('n')
    await expect.poll(current).toBe(`${next}, no class`)
  }
  await press('Shift+N')
  await expect.poll(current).toBe('loose_04.jpg, no class')

  await tile('loose_02.jpg').click()
  await tile('loose_04.jpg').click({ modifiers: ['Shift'] })
  await page.getByText('3 selected').waitFor()
  await press('3')
  await toast('3 photos set to')
  await says('loose_03.jpg, Tulip')
  await screenshot(page, 'photos-selection')
  expect(await violations(page)).toEqual([])
  await press('0')
  await says('loose_03.jpg, no class')
  await press('Control+z')
  await says('loose_03.jpg, Tulip')
  await press('Escape')
})

it('excludes and flags', async () => {
  await tile('Daisy_01.jpg').click()
  await press('x')
  await says('Daisy_01.jpg, excluded, Daisy')
  await tile('Daisy_02.jpg').click()
  await press('f')
  await says('Daisy_02.jpg, flagged, Daisy')
  await button(/^Marks/).click()
  await page.getByRole('menuitemcheckbox', { name: /^Flagged, 1 photo/ }).click()
  await press('Escape')
  await expect.poll(() => tiles().count()).toBe(1)
  expect(page.url()).toContain('flagged=yes')
  await button(/^All/).click()
  await tiles().nth(24).waitFor()
})

it('makes, names, merges and removes classes, and gives them keys', async () => {
  // A digit that is nobody's makes the class that it will set.
  await tile('loose_04.jpg').click()
  await press('4')
  await page.getByLabel(/^Name of the class/).fill('Iris')
  await press('Enter')
  await says('loose_04.jpg, Iris')

  await button(/^Iris/).click()
  await inMenu('Change the class Iris', 'Rename')
  await page.getByLabel('Name of the class').fill('Tulip')
  await press('Enter')
  await page.getByText('There is already a class Tulip').waitFor()
  await page.getByLabel('Name of the class').fill('Meadow iris')
  await press('Enter')
  await says('loose_04.jpg, Meadow iris')

  await inMenu('Change the class Meadow iris', 'Choose its key')
  await page.getByRole('button', { name: 'Key 4' }).focus()
  await press('x')
  await page.getByText('X does something else').waitFor()
  await press('m')
  await button('Set the key').click()
  await button(/^All/).click()
  await tile('loose_03.jpg').click()
  await press('m')
  await says('loose_03.jpg, Meadow iris')

  await button(/^Meadow iris/).click()
  await inMenu('Change the class Meadow iris', 'Merge into another class')
  await page.getByLabel('Find the class to merge into').fill('tul')
  await press('Enter')
  await toast('Meadow iris was merged into Tulip')
  await button(/^All/).click()
  await says('loose_03.jpg, Tulip')
  await press('Control+z')
  await says('loose_03.jpg, Meadow iris')
  await press('Control+Shift+z')
  await says('loose_03.jpg, Tulip')
})

it('finds names, zooms, and lists what cannot be read', async () => {
  await press('/')
  await page.keyboard.type('LOOSE')
  await expect.poll(() => tiles().count()).toBe(4)
  await press('Enter', 'Home', 'Enter')
  await page.getByRole('dialog').getByText('1 of 4 photos').waitFor()
  await press('ArrowRight')
  await page.getByRole('dialog').getByText('2 of 4 photos').waitFor()
  await press('z')
  await page.getByRole('button', { name: /^Whole photo/ }).waitFor()
  await screenshot(page, 'photos-zoom')
  expect(await violations(page)).toEqual([])
  await press('Escape')
  await button('Show all names').click()
  await tiles().nth(24).waitFor()

  await inMenu(ofProject(), '1 unreadable photo')
  await page.getByRole('dialog').getByText('Tulip/broken.jpg').waitFor()
  await press('Escape')
  await press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  await screenshot(page, 'photos-keys')
  expect(await violations(page)).toEqual([])
  await press('Escape')
})

it('exports the labels as a table', async () => {
  const downloading = page.waitForEvent('download')
  await button(ofProject()).click()
  await page.getByRole('menuitem', { name: 'Export labels' }).press('ArrowRight')
  await page.getByRole('menuitem', { name: 'As a table (CSV)' }).click()
  const download = await downloading
  const table = await readFile(await download.path(), 'utf8')
  expect(table).toMatch(/loose_03\.jpg.*Tulip/)
  expect(table).toMatch(/loose_01\.jpg.*Daisy/)
})

it('keeps everything when the window is loaded anew, and says which files have gone', async () => {
  await unlink(join(folder, 'Daisy', 'Daisy_03.jpg'))
  await page.reload()
  await says('loose_01.jpg, Daisy')
  await says('loose_04.jpg, Tulip')
  await says('Daisy_01.jpg, excluded, Daisy')
  await says('Daisy_02.jpg, flagged, Daisy')
  await inMenu(ofProject(), 'Look at the folder again')
  await page.getByText('The file is gone').waitFor()
  await screenshotAll(page, 'photos-drawn')
  // The folder was only read.
  expect((await readdir(folder)).toSorted()).toEqual([
    'Daisy',
    'Rose',
    'Tulip',
    ...[1, 2, 3, 4].map((n) => `loose_0${n}.jpg`),
    'rose',
  ])
})

it('comes back from the list of recent projects, with what could be undone', async () => {
  await inMenu(ofProject(), 'All projects')
  await page.getByText('24 of 25 labelled').waitFor()
  await screenshotAll(page, 'welcome')
  expect(await violations(page)).toEqual([])
  await button(ofProject()).click()
  await says('loose_03.jpg, Tulip')
  await press('Control+z')
  await says('loose_03.jpg, Meadow iris')
  await press('Control+y')
  await says('loose_03.jpg, Tulip')
})

const shared = resolve(process.env['FLEURON_SHARED'] ?? '../shared', 'data', 'flowers')
if (!existsSync(shared))
  process.stderr.write(`NOT RUN: the Photos screen on the reference data. There is no ${shared}.\n`)
it.skipIf(!existsSync(shared))(`shows the 1,500 photos of the reference data (${shared})`, async () => {
  await inMenu(ofProject(), 'All projects')
  await openFolder(shared)
  await button('Make the project').click()
  await page.getByText('of 1,500 labelled').waitFor()
  await tiles().first().waitFor()
  await press('End')
  await expect.poll(() => page.evaluate('document.querySelector(".tile.current img")?.complete')).toBe(true)
  expect(await tiles().count()).toBeLessThan(150)
  await press('Home')
  await screenshotAll(page, 'photos-flowers')
})

it('did all this without a fault', () => expect(faults).toEqual([]))
