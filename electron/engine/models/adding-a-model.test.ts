import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

/** Blocks of code with the path of the source that they quote. */
const quotes = [...read('docs/adding-a-model.md').matchAll(/^```ts (\S+)\n(.*?)^```$/gms)].map(
  ([, path, code]) => [path as string, code as string] as const,
)

test('the page has its quotations', () => {
  expect(quotes).toHaveLength(3)
})

/** The page is set without the indentation of the source. */
const inOneLine = (code: string) => code.replaceAll(/\s+/g, ' ')

test.each(quotes)('docs/adding-a-model.md quotes %s as it is', (path, code) => {
  expect(inOneLine(read(path))).toContain(inOneLine(code))
})
