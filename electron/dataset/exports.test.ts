import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../project/testing.ts'
import { exportImageFolder } from './image-folder.ts'
import { labelTable } from './label-table.ts'
import { imported, idsByPath, jpeg, numbered, photoFolder, writeFiles } from './testing.ts'

/** Reads CSV by the grammar of RFC 4180, section 2. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy
  for (let match = cell.exec(text); match; match = cell.exec(text)) {
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === '\r\n' && cell.lastIndex < text.length) rows.push([])
    if (cell.lastIndex === text.length) break
  }
  return rows
}

test('labels as CSV: quoted where needed, formulas harmless', async () => {
  const folder = await photoFolder(['rose/10.jpg', 'rose/2.jpg', 'a, "b"/x\ny.jpg', '=1+1/=2.jpg', 'ümlaut.jpg'])
  const { project } = await imported(folder)
  project.rename('Meadow: 2026')
  const ids = idsByPath(project)
  project.labels.exclude([ids.get('rose/2.jpg') ?? ''], true)
  project.photos.setSplits(new Map([[ids.get('rose/10.jpg') ?? '', 'train']]))
  const { name, text } = labelTable(project)
  expect(name).toBe('Meadow_ 2026-labels.csv')
  expect(text.endsWith('\r\n')).toBe(true)
  expect(parseCsv(text)).toEqual([
    ['path', 'class', 'split', 'excluded'],
    ["'=1+1/=2.jpg", "'=1+1", '', 'no'],
    ['a, "b"/x\ny.jpg', 'a, "b"', '', 'no'],
    ['rose/2.jpg', 'rose', '', 'yes'],
    ['rose/10.jpg', 'rose', 'train', 'no'],
    ['ümlaut.jpg', '', '', 'no'],
  ])
})

test('an ImageFolder of copies or links: labelled photos, under names that every platform accepts', async () => {
  const folder = await photoFolder([
    ...numbered('rose', 2),
    'rose/far/1.jpg',
    'rose/far/2.JPG',
    ...numbered('tulip', 2),
    'loose.jpg',
  ])
  const all = await imported(folder)
  const { project } = all
  const [rose, tulip] = project.classes.stored()
  project.labels.renameClass(rose?.id ?? '', 'Rose: wild/red?')
  project.labels.renameClass(tulip?.id ?? '', 'CON')
  project.labels.exclude([idsByPath(project).get('tulip/2.jpg') ?? ''], true)
  project.labels.createClass('Rose_ wild_red_')
  for (const how of ['copy', 'link'] as const) {
    const to = join(temporaryFolder(), 'new', how)
    await (
      await exportImageFolder(project, all.tasks, { to, how })
    ).finished
    const files = readdirSync(to, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
    expect(files.map((file) => file.slice(to.length + 1)).toSorted()).toEqual([
      'Rose_ wild_red_/1-2.jpg',
      'Rose_ wild_red_/1.jpg',
      'Rose_ wild_red_/2-2.JPG',
      'Rose_ wild_red_/2.jpg',
      '_CON/1.jpg',
    ])
    for (const file of files) expect(lstatSync(file).isSymbolicLink()).toBe(how === 'link')
    expect(readFileSync(join(to, '_CON', '1.jpg'))).toEqual(readFileSync(join(folder, 'tulip', '1.jpg')))
    if (how === 'link') expect(readlinkSync(join(to, '_CON', '1.jpg'))).toBe(join(folder, 'tulip', '1.jpg'))
    // What was exported is a folder of classes again.
    const { project: again } = await imported(to)
    expect(again.classes.list().map(({ name, count }) => [name, count])).toEqual([
      ['_CON', 1],
      ['Rose_ wild_red_', 4],
    ])
  }
})

test('nothing is overwritten, and the photos’ folder is left alone', async () => {
  const folder = await photoFolder(numbered('rose', 2))
  const { project, tasks } = await imported(folder)
  const refusal = (to: string) => exportImageFolder(project, tasks, { to, how: 'copy' })
  const full = temporaryFolder()
  writeFileSync(join(full, 'mine.txt'), '')
  await expect(refusal(full)).rejects.toMatchObject({ code: 'conflict' })
  await expect(refusal(join(full, 'mine.txt'))).rejects.toMatchObject({ code: 'conflict' })
  await expect(refusal(folder)).rejects.toMatchObject({ code: 'conflict' })
  await expect(refusal(join(folder, 'export'))).rejects.toMatchObject({ code: 'conflict' })
  await expect(refusal(join(project.directory, 'export'))).rejects.toMatchObject({ code: 'conflict' })
  expect(existsSync(join(folder, 'export'))).toBe(false)
  project.labels.set(project.photos.ids({}, 'name'), null)
  await expect(refusal(join(full, 'new'))).rejects.toMatchObject({ code: 'not-ready' })
  expect(readdirSync(full)).toEqual(['mine.txt'])
})

test('without the photos’ folder nothing is begun', async () => {
  const folder = await photoFolder(numbered('rose', 2))
  const { project, tasks } = await imported(folder)
  const to = join(temporaryFolder(), 'new')
  rmSync(folder, { recursive: true })
  await expect(exportImageFolder(project, tasks, { to, how: 'copy' })).rejects.toMatchObject({ code: 'not-found' })
  expect(existsSync(to)).toBe(false)
})

test('a photo that is gone does not stop the others', async () => {
  const folder = await photoFolder(numbered('rose', 5))
  writeFiles(folder, { 'tulip/1.jpg': await jpeg() })
  const { project, tasks } = await imported(folder)
  rmSync(join(folder, 'rose/3.jpg'))
  const to = temporaryFolder()
  mkdirSync(join(to, 'empty'))
  const target = join(to, 'empty')
  const { finished } = await exportImageFolder(project, tasks, { to: target, how: 'copy' })
  await expect(finished).rejects.toMatchObject({
    code: 'unreadable',
    message: expect.stringMatching(/^1 of 6 photos could not be exported, the others are in/),
  })
  expect(readdirSync(join(target, 'rose'))).toEqual(['1.jpg', '2.jpg', '4.jpg', '5.jpg'])
})
