import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { row } from './database.ts'
import { migrations } from './migrations.ts'
import { liesIn, Project } from './project.ts'
import { newPhoto, temporaryFolder, temporaryProject } from './testing.ts'

const failure = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('It did not fail.')
}

test('a project is made, closed and opened again with all it holds', () => {
  const folder = temporaryFolder()
  const directory = join(temporaryFolder(), 'deep', 'project')
  const made = Project.create({ directory, name: 'Meadow', folder })
  made.photos.add([newPhoto('a.jpg')])
  made.rename('Wood')
  const { id } = made
  made.close()
  made.close()
  const opened = Project.open(directory)
  expect(opened.snapshot()).toEqual({
    id,
    name: 'Wood',
    directory,
    folder,
    folderAvailable: true,
    photos: 1,
    labelled: 0,
    excluded: 0,
    splits: { train: 0, validation: 0, test: 0 },
    unreadable: [],
    classes: [],
    undo: null,
    redo: null,
  })
  opened.close()
  expect(readdirSync(folder)).toEqual([])
})

test('labels are written with synchronous=FULL in WAL', () => {
  const { database } = temporaryProject()
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 })
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
})

test('a project is never made among its photos, in another project or over other files', () => {
  const folder = temporaryFolder()
  const make = (directory: string): unknown => failure(() => Project.create({ directory, name: 'x', folder }))
  expect(make(folder)).toMatchObject({ code: 'conflict' })
  expect(make(join(folder, 'sub', 'project'))).toMatchObject({ code: 'conflict' })
  const link = join(temporaryFolder(), 'link')
  symlinkSync(folder, link)
  expect(make(join(link, 'project'))).toMatchObject({ code: 'conflict' })
  const full = temporaryFolder()
  writeFileSync(join(full, 'notes.txt'), 'mine')
  expect(make(full)).toMatchObject({ code: 'conflict' })
  const outer = temporaryFolder()
  mkdirSync(join(outer, 'photos'))
  const around = failure(() => Project.create({ directory: outer, name: 'x', folder: join(outer, 'photos') }))
  expect(around).toMatchObject({ code: 'conflict' })
  expect(readdirSync(folder)).toEqual([])
  expect(
    failure(() => Project.create({ directory: join(full, 'p'), name: 'x', folder: join(full, 'no') })),
  ).toMatchObject({ code: 'not-found' })
})

test('a folder whose name begins like another does not lie in it', () => {
  const folder = temporaryFolder()
  expect(liesIn(`${folder}-2`, folder)).toBe(false)
  expect(liesIn(join(folder, '..a'), folder)).toBe(true)
})

test('what is no project, damaged or of a newer Fleuron is refused with the cause, and left as it is', () => {
  expect(failure(() => Project.open(temporaryFolder()))).toMatchObject({ code: 'not-found' })

  const damaged = temporaryFolder()
  writeFileSync(join(damaged, 'project.db'), 'this is not a database, but long enough to look at it'.repeat(100))
  expect(failure(() => Project.open(damaged))).toMatchObject({ code: 'unreadable' })

  const empty = temporaryFolder()
  writeFileSync(join(empty, 'project.db'), '')
  expect(failure(() => Project.open(empty))).toMatchObject({ code: 'unreadable' })

  const foreign = temporaryFolder()
  const other = new DatabaseSync(join(foreign, 'project.db'))
  other.exec('CREATE TABLE mine (text TEXT)')
  other.close()
  const before = readFileSync(join(foreign, 'project.db'))
  expect(failure(() => Project.open(foreign))).toMatchObject({ code: 'unreadable' })
  expect(readFileSync(join(foreign, 'project.db'))).toEqual(before)

  const newer = temporaryProject()
  newer.close()
  const database = new DatabaseSync(join(newer.directory, 'project.db'))
  database.exec(`PRAGMA user_version = ${migrations.length + 1}`)
  database.close()
  expect(failure(() => Project.open(newer.directory))).toMatchObject({
    code: 'unreadable',
    message: `This project was made by a newer Fleuron (format ${migrations.length + 1}; this one reads up to ${migrations.length}); update Fleuron to open it.`,
  })
  // A refusal lets go of the project.
  expect(existsSync(join(newer.directory, 'holder.json'))).toBe(false)
})

test('damage that shows only later is said as such, too', () => {
  const project = temporaryProject()
  const root = row<{ page: number }>(
    project.database,
    "SELECT rootpage AS page FROM sqlite_schema WHERE name = 'class'",
  )
  project.close()
  const file = join(project.directory, 'project.db')
  const bytes = readFileSync(file)
  const pageSize = bytes.readUInt16BE(16)
  bytes.fill(0x5a, ((root?.page ?? 0) - 1) * pageSize, (root?.page ?? 0) * pageSize)
  writeFileSync(file, bytes)
  const again = Project.open(project.directory)
  expect(failure(() => again.classes.list())).toMatchObject({
    code: 'unreadable',
    message: `The project file ${file} cannot be read; bring it back from a copy, or make the project again from its photos.`,
  })
  again.close()
})

test('a folder that goes away and comes back is noticed', async () => {
  const folder = temporaryFolder()
  const project = Project.create({ directory: temporaryFolder(), name: 'x', folder })
  const told: boolean[] = []
  project.onChanged(({ folderAvailable }) => told.push(folderAvailable))
  rmSync(folder, { recursive: true })
  expect(project.checkFolder()).toBe(false)
  await new Promise((resolve) => setTimeout(resolve, 150))
  mkdirSync(folder)
  expect(project.checkFolder()).toBe(true)
  expect(told).toEqual([false, true])
  project.close()
})
