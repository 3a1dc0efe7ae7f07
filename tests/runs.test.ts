/** The Runs screen in a browser: on the sample with a few quick runs, and on a project with a thousand. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { violations } from './accessibility.ts'
import { launchBrowser, openWindow, screenshot, screenshotAll, startFleuron, type RunningFleuron } from './browser.ts'
import { makeRunProject } from './run-projects.ts'
import { untimed } from '../electron/train/testing.ts'
import type { Contract } from '../shared/contract.ts'
import type { TrainSettings } from '../shared/training.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

async function openApplication(home?: string) {
  const app: RunningFleuron = await startFleuron(home === undefined ? {} : { home })
  const opened: { page: Page; context: BrowserContext } = await openWindow(browser, app.address)
  const { page, context } = opened
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(message.text())
  })
  return { app, page, faults, close: () => context.close().then(() => app.stop()) }
}

const goTo = (page: Page, step: string) =>
  page.getByRole('navigation', { name: 'Steps' }).getByText(step, { exact: true }).click()
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })
const checkbox = (page: Page, run: number) => page.getByRole('checkbox', { name: `Select run ${run}`, exact: true })
const tick = (page: Page, run: number) => checkbox(page, run).click({ force: true })
const rows = (page: Page) => page.getByRole('grid', { name: 'Runs' }).getByRole('row')

/** Trains with changed settings through the contract, and waits for the end. */
async function train(page: Page, change: Partial<TrainSettings>): Promise<void> {
  await page.evaluate(async (changes) => {
    const { fleuron: services } = globalThis as unknown as { fleuron: Contract }
    const options = await services.training.options()
    const { defaults } = options.find(({ model }) => model === 'simple_cnn') as (typeof options)[number]
    const { run } = await services.training.start({ settings: { ...defaults, imageSize: 32, epochs: 5, ...changes } })
    while ((await services.training.run({ run })).state === 'running')
      await new Promise((done) => setTimeout(done, 200))
  }, change)
}

describe('on the sample', () => {
  let opened: Awaited<ReturnType<typeof openApplication>>
  let page: Page
  beforeAll(async () => {
    opened = await openApplication()
    ;({ page } = opened)
  })
  afterAll(() => opened?.close())

  it('says what to do while there is no run', async () => {
    await button(page, 'Try the sample').click()
    await page.getByText('300 of 300 labelled').waitFor()
    await goTo(page, 'Runs')
    await page.getByRole('heading', { name: 'There are no runs yet' }).waitFor()
    await screenshotAll(page, 'runs-empty')
    expect(await violations(page)).toEqual([])
  })

  it('shows runs as they go, and in their order', async () => {
    await train(page, { seed: 1 })
    await checkbox(page, 1).waitFor()
    await train(page, { learningRate: 0.0001, epochs: 3, seed: 2 })
    await train(page, { seed: 1 })
    await checkbox(page, 3).waitFor()
    await page.getByText('3 runs; figures').waitFor()
    await screenshotAll(page, 'runs-none-selected')
    expect(await violations(page)).toEqual([])
  })

  it('compares two runs: settings, flipped photos, the photo large', async () => {
    await tick(page, 1)
    await page.getByRole('heading', { name: 'What reproduces it' }).waitFor()
    await screenshotAll(page, 'runs-one')
    expect(await violations(page)).toEqual([])
    await tick(page, 2)
    await page.getByText(/Run 1 gets \d+ photos? right that run 2 got wrong/).waitFor()
    await page.getByText('differ in').waitFor()
    await screenshotAll(page, 'runs-two')
    expect(await violations(page)).toEqual([])
    await page
      .getByRole('region', { name: 'Photos that flipped' })
      .getByRole('button', { name: /run 2 says/ })
      .first()
      .click()
    await page.getByText(/^1 of \d+ photos?$/).waitFor()
    await screenshot(page, 'runs-photo')
    await page.keyboard.press('Escape')
    await button(page, 'All settings').click()
    await page.getByRole('dialog', { name: 'Settings of the selected runs' }).waitFor()
    await screenshot(page, 'runs-settings')
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
  })

  it('hands over a report, and the command line writes the same', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Report on 2 runs').click()])
    expect(download.suggestedFilename()).toBe('Flowers (sample) runs 1 and 2.html')
    const text = await readFile(await download.path(), 'utf8')
    expect(text).toMatch(/Run 1 gets \d+ photos? right that run 2 got wrong/)
    expect(text).not.toMatch(/<script|https?:/)

    const { directory } = (await page.evaluate('fleuron.projects.current()')) as { directory: string }
    const to = join(opened.app.home, 'report.html')
    const cli = (...args: string[]) =>
      promisify(execFile)(process.execPath, ['out/main/cli.js', ...args, '--project', directory, '--json'], {
        env: { ...process.env, FLEURON_HOME: opened.app.home },
      }).then(({ stdout }) => JSON.parse(stdout) as never)
    expect(await cli('report', '1', '2', '--to', to)).toEqual({ to, runs: [1, 2] })
    const written = await readFile(to, 'utf8')
    expect(written.replace(/<p class="dim">\s*Written by.*?<\/p>/s, '')).toBe(
      text.replace(/<p class="dim">\s*Written by.*?<\/p>/s, ''),
    )
    expect(await cli('runs')).toHaveLength(3)
    expect(await cli('compare', '1', '3')).toMatchObject({ settings: [], sameData: true, difference: 0, p: 1 })

    const viewer = await page.context().newPage()
    await viewer.goto(pathToFileURL(to).href)
    await screenshotAll(viewer, 'runs-report')
    expect(await violations(viewer)).toEqual([])
    await viewer.close()
  })

  it('says when labels were corrected since', async () => {
    await page.evaluate(`fleuron.photos.ids({ filter: { split: 'test' }, order: 'name' }).then(async ([photo]) => {
      const { classes } = await fleuron.projects.current()
      const [{ classId }] = await fleuron.photos.get({ ids: [photo] })
      await fleuron.labels.set({ photos: [photo], classId: classes.find(({ id }) => id !== classId).id })
    })`)
    await page.getByText('Labels were corrected since this run: 1 test photo.').first().waitFor({ state: 'attached' })
    await screenshot(page, 'runs-corrected')
    await page.evaluate('fleuron.labels.undo()')
    await page.getByText('Labels were corrected').first().waitFor({ state: 'detached' })
  })

  it('puts runs into the archive, and takes that back', async () => {
    await button(page, 'Select none').click()
    await tick(page, 3)
    await button(page, 'Archive').click()
    await page.getByRole('status').filter({ hasText: '1 run put into the archive' }).waitFor()
    await checkbox(page, 3).waitFor({ state: 'detached' })
    await button(page, 'Undo').click()
    await checkbox(page, 3).waitFor()
  })

  it('takes notes, and clones a run with changes', async () => {
    await tick(page, 2)
    await page.getByLabel('Notes').fill('A slow rate.')
    await page.getByLabel('Tags, with commas between them').fill('slow, second')
    await page.keyboard.press('Enter')
    await page.getByLabel(/^Find runs/).fill('tags=second')
    await page.getByText('1 of 3 runs').waitFor()
    await button(page, 'Clear the filters').click()
    await button(page, 'Clone with changes').click()
    await page.getByText('How long', { exact: true }).click()
    expect(await page.getByRole('textbox', { name: 'Epochs' }).inputValue()).toBe('3')
    await goTo(page, 'Runs')
  })

  it('has run 3 give the same numbers as run 1, whose settings it has', async () => {
    const histories = await page.evaluate(async () => {
      const { fleuron: services } = globalThis as unknown as { fleuron: Contract }
      const [third, , first] = await services.runs.list()
      return services.runs.histories({ runs: [first?.id ?? '', third?.id ?? ''] })
    })
    const learned = histories.map(({ history }) => untimed(history))
    expect(learned[1]).toEqual(learned[0])
    expect(learned[0]).toHaveLength(5)
  })

  it('finds no fault of its own', () => expect(opened.faults).toEqual([]))
})

describe('with a thousand runs of fifty epochs', () => {
  let home: string
  let opened: Awaited<ReturnType<typeof openApplication>>
  let page: Page
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'fleuron-many-runs-'))
    const directory = makeRunProject(home, 1000, 50)
    opened = await openApplication(home)
    ;({ page } = opened)
    await button(page, /^Try the sample/).waitFor()
    await page.evaluate(async (path) => {
      const { fleuron: services } = globalThis as unknown as { fleuron: Contract }
      await services.projects.open({ directory: path })
    }, directory)
    await page.evaluate("location.hash = '#/train'")
    await page.getByRole('heading', { name: 'Label some photos first' }).waitFor()
  })
  afterAll(async () => {
    await opened?.close()
    await rm(home, { recursive: true, force: true })
  })

  it('keeps its shape while it loads, and says what went wrong', async () => {
    await page.evaluate('fleuron.list = fleuron.runs.list, fleuron.runs.list = () => new Promise(() => {})')
    await goTo(page, 'Runs')
    await page.getByLabel('Loading the runs').waitFor()
    await screenshotAll(page, 'runs-loading')
    await goTo(page, 'Train')
    await page.evaluate(`fleuron.runs.list = () =>
      Promise.reject({ code: 'unreadable', message: 'The disk of the project does not answer; connect it and try again.' })`)
    await goTo(page, 'Runs')
    await page.getByRole('alert').getByText('The disk of the project does not answer').waitFor()
    await screenshotAll(page, 'runs-failing')
    expect(await violations(page)).toEqual([])
    await page.evaluate('fleuron.runs.list = fleuron.list')
    await button(page, 'Try again').click()
    await page.getByText('1,000 runs; figures').waitFor()
    await goTo(page, 'Train')
    // As after a start: nothing of the runs is known yet.
    await page.reload()
    await page.getByRole('heading', { name: 'Label some photos first' }).waitFor()
  })

  it('shows the table at once, and no more rows than are in sight', async () => {
    // The first time the screen's code is fetched, too; what counts is the second.
    for (const visit of ['first', 'second']) {
      const milliseconds: number = await page.evaluate(`new Promise((done) => {
        const began = performance.now()
        location.hash = '#/runs'
        const look = () => {
          if (document.querySelectorAll('[role=grid] [role=row]').length > 10) done(performance.now() - began)
          else requestAnimationFrame(look)
        }
        look()
      })`)
      process.stdout.write(`Table of 1,000 runs, ${visit} visit: ${milliseconds.toFixed(0)} ms\n`)
      if (visit === 'first') await goTo(page, 'Train')
    }
    expect(await rows(page).count()).toBeLessThan(60)
    await page.getByText('1,000 runs; figures').waitFor()
    await screenshotAll(page, 'runs-thousand')
    expect(await violations(page)).toEqual([])
  })

  it('sorts, finds, groups, and selects by the keys', async () => {
    await page
      .getByRole('columnheader', { name: 'Accuracy %' })
      .getByRole('button', { name: 'Accuracy %', exact: true })
      .click()
    // Its number alone: what is said of it in words comes a moment later.
    const top = async () => (await rows(page).nth(1).innerText()).split('\n')[0]
    const best = await top()
    await page.getByLabel(/^Find runs/).fill('model=simple seed=1 accuracy>90')
    await page.getByText(/of 1,000 runs/).waitFor()
    expect(await rows(page).count()).toBeGreaterThan(1)
    await button(page, 'Clear the filters').click()
    await expect.poll(top).toBe(best)
    await page.getByRole('grid', { name: 'Runs' }).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Space')
    await page.getByText('differ in').waitFor()
    await page.getByRole('combobox', { name: 'Group by' }).click()
    await page.getByRole('option', { name: 'Augmentation', exact: true }).click()
    await page
      .getByText(/runs, best \d/)
      .first()
      .waitFor()
    await screenshotAll(page, 'runs-grouped')
    expect(await violations(page)).toEqual([])
  })

  it('brushes, moves and takes the logarithm of axes by the keys', async () => {
    await page.keyboard.press('Escape')
    const lowest = page.getByRole('slider', { name: 'Accuracy %, lowest value let through' })
    await lowest.focus()
    for (let step = 0; step < 8; step += 1) await page.keyboard.press('PageUp')
    await button(page, /^Select \d+ runs$/).waitFor()
    await screenshotAll(page, 'runs-brushed')
    expect(await violations(page)).toEqual([])
    const titles = () => page.locator('.axis .title').allInnerTexts()
    const before = await titles()
    await button(page, /^Learning rate, log/).click()
    await page.getByRole('menuitem', { name: 'Move to the left' }).click()
    await expect.poll(titles).toEqual([before[0], before[2], before[1], ...before.slice(3)])
    await button(page, /^Select \d+ runs$/).click()
    await page
      .getByText(/^\d+ runs$/)
      .first()
      .waitFor()
  })

  it('finds no fault of its own', () => expect(opened.faults).toEqual([]))
})
