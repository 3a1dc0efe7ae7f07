import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe finds wrong with the page, in both themes: one line for each rule and theme; empty when nothing is. */
export async function violations(page: Page): Promise<string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  const found: string[] = []
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme })
    await page.evaluate(axe)
    const results: AxeResults = await page.evaluate(`axe.run(document, ${JSON.stringify({ runOnly: rules })})`)
    for (const { id, help, nodes } of results.violations)
      found.push(`${theme}: ${id}, ${help}: ${nodes[0]?.html.slice(0, 200)} (${nodes.length})`)
  }
  await page.emulateMedia({ colorScheme: null })
  return found
}
