/** A project and a run of 102 classes: what there is of each class stays within reach. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Contract } from '../shared/contract.ts'
import { violations } from './accessibility.ts'
import { launchBrowser, openWindow, screenshot, screenshotAll, startFleuron } from './browser.ts'
import { makeManyClasses } from './many-classes.ts'

let browser: Browser
let home: string
beforeAll(async () => {
  browser = await launchBrowser()
  home = await mkdtemp(join(tmpdir(), 'fleuron-classes-'))
})
afterAll(async () => {
  await browser?.close()
  await rm(home, { recursive: true, force: true })
})

it('shows those that are found least, and all of them on request', async () => {
  const directory = await makeManyClasses(home, 102, 40)
  const app = await startFleuron({ home })
  const { page, context } = await openWindow(browser, app.address)
  try {
    await page.getByRole('button', { name: /^Open a folder/ }).waitFor()
    await page.evaluate(async (path) => {
      const { fleuron: services } = globalThis as unknown as { fleuron: Contract }
      await services.projects.open({ directory: path })
    }, directory)
    // A project that is opened behind the window's back leaves it at the welcome screen.
    await page.evaluate("location.hash = '#/train'")
    await page.getByRole('list', { name: 'Runs, latest first' }).getByRole('link').click()

    const recall = page.getByRole('region', { name: 'Found of each class' })
    await recall.getByText(/ is found least; it is most often called /).waitFor()
    expect(await recall.getByRole('listitem').count()).toBe(12)
    const shares = (await recall.locator('li .num').allInnerTexts()).map((text) => Number.parseFloat(text))
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    const watched = page.getByRole('region', { name: 'What it says' })
    expect(await watched.getByRole('listitem').count()).toBe(8)
    await expect.poll(() => watched.locator('img').count()).toBe(8)
    await screenshotAll(page, 'run-many-classes')
    expect(await violations(page)).toEqual([])

    await recall.getByRole('button', { name: 'All 102 classes' }).click()
    expect(await recall.getByRole('listitem').count()).toBe(102)
    await screenshot(page, 'run-all-classes')
    await recall.getByRole('button', { name: 'The 12 found least' }).click()
    expect(await recall.getByRole('listitem').count()).toBe(12)

    await page.getByRole('button', { name: 'See what is wrong' }).click()
    await page.getByRole('list', { name: 'Most confused pairs' }).getByRole('button').first().waitFor()
    await page.getByRole('grid', { name: 'Photos of the chosen cell' }).getByRole('gridcell').first().waitFor()
    await screenshotAll(page, 'review-many-classes')
    expect(await violations(page)).toEqual([])
    expect(
      await page
        .getByRole('table', { name: /^Precision/ })
        .getByRole('row')
        .count(),
    ).toBe(103)
    await page.getByRole('radio', { name: 'Matrix' }).click()
    const matrix = page.getByRole('grid', { name: /^Confusion matrix/ })
    await expect.poll(() => matrix.getByRole('row').count()).toBe(102)
    // Only cells with photos, and the one in hand, are elements.
    expect(await matrix.getByRole('gridcell').count()).toBeLessThan(500)
    await matrix.getByRole('button', { pressed: true }).focus()
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await screenshotAll(page, 'review-many-matrix')
    expect(await violations(page)).toEqual([])

    await page.getByRole('navigation', { name: 'Steps' }).getByText('Photos', { exact: true }).click()
    await page.getByRole('button', { name: 'Class: any of 102 classes' }).click()
    await page.getByRole('textbox', { name: 'Find a class' }).fill('meadows 38')
    await screenshot(page, 'photos-many-classes')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Show all classes' }).waitFor()
    await expect.poll(() => page.getByRole('gridcell').count()).toBe(10)
  } finally {
    await context.close()
    await app.stop()
  }
})
