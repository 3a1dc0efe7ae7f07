/** Several runs one after the other in the window, on the built-in sample: queued, put in order, held, and their end told. */
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

type Window = typeof globalThis & { fleuron: Contract; told: string[] }

beforeAll(async () => {
  browser = await launchBrowser()
  ;({ fleuron, page, context, faults } = await openSampleToTrain(browser))
})
afterAll(async () => {
  await context?.close()
  await fleuron?.stop()
  await browser?.close()
})

const button = (name: string | RegExp) => page.getByRole('button', { name })
const waiting = () => page.getByRole('list', { name: 'Runs that wait, the next one first' }).getByRole('listitem')
/** Seeds of the runs that wait, in their order. */
const seeds = async (): Promise<number[]> =>
  (await waiting().allInnerTexts()).map((text) => Number(/seed (\d+)/.exec(text)?.[1]))
/** Puts quick runs at the end, told apart by their seeds. */
const queue = (wanted: number[]) =>
  page.evaluate(async (all) => {
    const { training, queue: waits } = (globalThis as unknown as Window).fleuron
    const [option] = (await training.options()).filter(({ model }) => model === 'simple_cnn')
    if (option === undefined) throw new Error('there is no simple CNN')
    for (const seed of all)
      await waits.add({ settings: { ...option.defaults, epochs: 2, imageSize: 32, timeBudget: 0, seed } })
  }, wanted)

it('queues what is set up while a run goes on', async () => {
  await page.evaluate(async () => {
    const { training } = (globalThis as unknown as Window).fleuron
    const [option] = (await training.options()).filter(({ model }) => model === 'simple_cnn')
    if (option === undefined) throw new Error('there is no simple CNN')
    await training.start({ settings: { ...option.defaults, epochs: 9000, imageSize: 32, patience: 0, timeBudget: 0 } })
  })
  await button('Train another').click()
  await page.getByText('Run 1 is training: this one waits, and begins by itself.').waitFor()
  await button(/^Queue/).click()
  await page.getByText('It waits, and begins when training is free').waitFor()
  await expect.poll(() => waiting().count()).toBe(1)
  await queue([12, 13])
  await page.getByText('behind 3 others').waitFor()
  await screenshotAll(page, 'queue-setup')
  expect(await violations(page)).toEqual([])
})

it('is put in order by buttons and by dragging, and what is taken out can be put back', async () => {
  await button(/^Take out: .*, number 1$/).click()
  await expect.poll(seeds).toEqual([12, 13])
  await button('Undo').click()
  await expect.poll(() => waiting().count()).toBe(3)
  await button(/^Take out: .*, number 1$/).click()
  await queue([14])
  await expect.poll(seeds).toEqual([12, 13, 14])
  await button(/^Earlier: .*, number 3$/).click()
  await expect.poll(seeds).toEqual([12, 14, 13])
  // The focus stays with the run that moves; it is back there a moment after the row has moved.
  const hasFocus = (name: RegExp) => button(name).and(page.locator(':focus')).waitFor()
  await hasFocus(/^Earlier: .*, number 2$/)
  await page.keyboard.press('Enter')
  await expect.poll(seeds).toEqual([14, 12, 13])
  await hasFocus(/^Later: .*, number 1$/)
  await waiting().nth(2).dragTo(waiting().nth(0))
  await expect.poll(seeds).toEqual([13, 14, 12])
})

it('is beside the run in hand, is held, goes on, and tells its end once', async () => {
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByText('Waiting', { exact: true }).waitFor()
  await button('Hold').click()
  await page.getByText('held until you let it go on').waitFor()
  await screenshotAll(page, 'queue-run')
  expect(await violations(page)).toEqual([])

  // As when the user looks at another window. This Chromium shows no notices, so one that writes them down stands in.
  await page.evaluate(`
    window.told = []
    document.hasFocus = () => false
    window.Notification = class extends EventTarget {
      static permission = 'granted'
      constructor(title, { body }) {
        super()
        window.told.push(title + '. ' + body)
      }
    }
  `)
  await button('Go on').click()
  await button('Stop and keep the best').click()
  await page.getByText(/^Run 4, .* right$/).waitFor()
  await screenshot(page, 'queue-ended')
  const told = await page.evaluate(() => (globalThis as unknown as Window).told)
  expect(told).toEqual([expect.stringMatching(/^Training has ended\. Run 4, .*of the validation photos right$/)])
  expect(await page.getByText('Waiting', { exact: true }).count()).toBe(0)
  expect(faults).toEqual([])
})

it('has its notices in Settings', async () => {
  await page.getByRole('navigation', { name: 'Steps' }).getByText('Settings').click()
  await page.getByRole('switch', { name: 'Tell me' }).waitFor()
  await screenshotAll(page, 'settings-training')
  expect(await violations(page)).toEqual([])
})
