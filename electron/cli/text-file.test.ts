import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkTextFile, writeTextFile } from './text-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleuron-table-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a table takes the place of the one before', async () => {
  const file = join(folder, 'table.csv')
  await writeTextFile(file, 'one')
  await writeTextFile(file, 'two')
  expect(await readFile(file, 'utf8')).toBe('two')
  expect(await readdir(folder)).toEqual(['table.csv'])
})

test('where no table can be is said beforehand', async () => {
  await expect(checkTextFile(join(folder, 'gone', 'table.csv'))).rejects.toMatchObject({
    code: 'not-found',
    message: `There is no folder ${join(folder, 'gone')}; make it first, or name another file.`,
  })
  await expect(checkTextFile(folder)).rejects.toMatchObject({ code: 'conflict' })
  await checkTextFile(join(folder, 'new.csv'))
})
