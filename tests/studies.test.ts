/** A study in the window, on the built-in sample: asked for, paused, gone on with, and what it comes to. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Contract } from '../shared/contract.ts'
import { violations } from './accessibility.ts'
import { launchBrowser, openSampleToTrain, screenshot, screenshotAll, type RunningFleuron } from './browser.ts'

let browser: Browser
let fleuron: RunningFleuron
let context: BrowserContext
let page: Page
let faults: string[]

beforeAll(async () => {
  browser = await launchBrowser()
  ;({ fleuron, page, context, faults } = await openSampleToTrain(browser))
})
afterAll(async () => {
  await context?.close()
  await fleuron?.stop()
  await browser?.close()
})

it('says what studies are for, and how many runs one would be', async () => {
  await page.getByRole('navigation', { name: 'Steps' }).getByText('Runs').click()
  await page.getByRole('link', { name: 'Studies' }).click()
  await page.getByText('What does augmentation do to your photos').waitFor()
  await screenshotAll(page, 'studies-empty')
  await page.getByRole('button', { name: 'Augmentation study' }).click()
  await page.getByText(/^21 runs/).waitFor()
  await screenshot(page, 'studies-new')
  await page.getByRole('radio', { name: '1', exact: true }).click()
  await page.getByText(/^7 runs/).waitFor()
  await page.getByRole('radio', { name: 'Architecture' }).click()
  // More than the four where weights of further networks are at hand.
  const inception = page.getByRole('checkbox', { name: /Inception/ })
  await inception.and(page.getByRole('checkbox', { checked: true })).waitFor()
  const count = await page.getByRole('checkbox', { checked: true }).count()
  expect(count).toBeGreaterThanOrEqual(4)
  await page.getByText(`${count} runs`).waitFor()
  await inception.and(page.getByRole('checkbox', { checked: true })).uncheck()
  await page.getByText(`${count - 1} runs`).waitFor()
  await page.getByText(/in all/).waitFor()
  await screenshotAll(page, 'studies-architecture')
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Cancel' }).click()
})

it('carries one out, to be paused and gone on with, and says what it comes to', async () => {
  // The ready study with few and small epochs: the figures are those of real runs, only quick ones.
  await page.evaluate(async () => {
    const { studies } = (globalThis as unknown as { fleuron: Contract }).fleuron
    const set = { epochs: 2, imageSize: 32 }
    const spec = await studies.ready({ kind: 'augmentation', seeds: 2, set })
    await studies.start({ spec: { ...spec, variants: spec.variants.slice(0, 3) } })
  })
  await page
    .getByText(/of 6 runs, running/)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page
    .getByText(/of 6 runs, paused/)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('heading', { name: /is right most often/ }).waitFor()
  await page
    .getByText(/^6 runs/)
    .first()
    .waitFor()
  expect(await page.getByRole('row').count()).toBe(4)
  await screenshotAll(page, 'studies')
  expect(await violations(page)).toEqual([])
  expect(faults).toEqual([])
})
