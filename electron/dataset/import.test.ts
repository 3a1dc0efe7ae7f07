import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { Project } from '../project/project.ts'
import { startProcess, temporaryFolder } from '../project/testing.ts'
import { createProject, resumeReading } from './import.ts'
import { imported, jpeg, noise, numbered, photoFolder, rooms, writeFiles } from './testing.ts'

test('classes, labels, sizes and hashes are there; the folder is only read', async () => {
  const folder = await photoFolder([...numbered('rose', 3), ...numbered('tulip/garden', 2)])
  const before = readdirSync(folder, { recursive: true })
  const { project, tasks, library } = await imported(folder)
  expect(project.classes.list()).toMatchObject([
    { name: 'rose', key: '1', position: 0, count: 3 },
    { name: 'tulip', key: '2', position: 1, count: 2 },
  ])
  const { photos } = project.photos.page({ filter: {}, order: 'class', offset: 0, limit: 10 })
  expect(photos.map(({ path, width, height }) => [path, width, height])).toEqual([
    ['rose/1.jpg', 64, 48],
    ['rose/2.jpg', 64, 48],
    ['rose/3.jpg', 64, 48],
    ['tulip/garden/1.jpg', 64, 48],
    ['tulip/garden/2.jpg', 64, 48],
  ])
  expect(new Set(project.photos.allStored().map(({ hash }) => hash)).size).toBe(5)
  expect(tasks.list()).toMatchObject([{ kind: 'import', state: 'done', done: 5, total: 5 }])
  expect(library.recent()[0]).toMatchObject({ photos: 5, labelled: 5 })
  expect(library.recent()[0]?.cover).toHaveLength(4)
  expect(library.recent()[0]?.cover[0]).toMatch(/^data:image\/jpeg;base64,/)
  expect(readdirSync(folder, { recursive: true })).toEqual(before)
})

test('unreadable files are listed with the reason, and the rest goes on', async () => {
  const folder = await photoFolder(numbered('rose', 2))
  const whole = await noise(200, 150).jpeg().toBuffer()
  writeFiles(folder, {
    'rose/zero.jpg': '',
    'rose/text.jpg': 'not a photo',
    'rose/half.jpg': whole.subarray(0, whole.length / 2),
    'tulip/cmyk.jpg': await noise().toColourspace('cmyk').jpeg().toBuffer(),
    'tulip/16 bit.png': await noise().toColourspace('rgb16').png().toBuffer(),
    'tulip/grey.jpg': await noise().greyscale().jpeg().toBuffer(),
  })
  const { project } = await imported(folder)
  expect(project.snapshot().unreadable).toEqual([
    { path: 'rose/half.jpg', reason: expect.stringMatching(/^The file breaks off, only about \d\d % of it is there/) },
    { path: 'rose/text.jpg', reason: expect.stringMatching(/^The file is a text file and not a photo/) },
    { path: 'rose/zero.jpg', reason: expect.stringMatching(/^The file is empty \(0 bytes\)/) },
  ])
  expect(project.photos.counts().photos).toBe(8)
  expect(project.photos.page({ filter: { unreadable: true }, order: 'name', offset: 0, limit: 9 }).total).toBe(3)
})

test('the date is the one the camera wrote, or else that of the file', async () => {
  const folder = temporaryFolder()
  const taken = noise().withExif({ IFD2: { DateTimeOriginal: '2021:03:04 05:06:07' } })
  writeFiles(folder, { 'a.jpg': await taken.jpeg().toBuffer(), 'b.jpg': await jpeg() })
  const { project } = await imported(folder)
  expect(project.photos.marks({}, 'date')).toEqual([
    { index: 0, at: '2021-03' },
    { index: 1, at: new Date().toISOString().slice(0, 7) },
  ])
})

test('a folder without photos is refused, and no project is left', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, { 'notes.txt': 'x', 'a/photo.heic': 'x' })
  const { open, tasks, library } = rooms()
  await expect(createProject(open, tasks, { folder })).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringMatching(
      /^There are no photos in .*; choose a folder with JPEG.* 1 HEIC file was passed over/,
    ),
  })
  expect(existsSync(library.projects)).toBe(false)
  expect(open.get()).toBeNull()
})

test('Rose beside rose is asked about, and then merged or kept apart', async () => {
  const folder = await photoFolder(['Rose/1.jpg', 'rose/2.jpg', 'tulip/1.jpg'])
  const { open, tasks } = rooms()
  await expect(createProject(open, tasks, { folder })).rejects.toMatchObject({
    code: 'conflict',
    message: 'The folders Rose and rose differ in their spelling only; say whether they are one class or two.',
  })
  const names = async (mergeCase: boolean): Promise<unknown> => {
    const { project } = await imported({ folder, mergeCase })
    return project.classes.list().map(({ name, count }) => [name, count])
  }
  expect(await names(true)).toEqual([
    ['Rose', 2],
    ['tulip', 1],
  ])
  expect(await names(false)).toEqual([
    ['Rose', 1],
    ['rose', 1],
    ['tulip', 1],
  ])
})

test('photos beside class folders come in without a label, one class alone is welcome', async () => {
  const mixed = await imported(await photoFolder(['1.jpg', 'rose/1.jpg']))
  expect(mixed.project.photos.counts()).toMatchObject({ photos: 2, labelled: 1 })
  const single = await imported(await photoFolder(numbered('rose', 2)))
  expect(single.project.classes.list()).toMatchObject([{ name: 'rose', count: 2 }])
})

test('a cancelled import is gone on with when the project is opened again', async () => {
  const folder = await photoFolder(numbered('rose', 30))
  const { open, tasks } = rooms()
  const { project, reading } = await createProject(open, tasks, { folder })
  tasks.cancel(reading.id)
  await expect(reading.finished).rejects.toMatchObject({ code: 'cancelled' })
  const { directory } = project
  await open.close()
  const again = await open.open(directory)
  await resumeReading(open, tasks)?.finished
  expect(again.photos.counts().labelled).toBe(30)
  expect(again.photos.unread()).toEqual([])
  expect(again.classes.list()).toMatchObject([{ name: 'rose', count: 30 }])
  expect(resumeReading(open, tasks)).toBeNull()
})

test('closing the project while its photos are read ends the reading quietly', async () => {
  const folder = await photoFolder(numbered('rose', 40))
  const { open, tasks } = rooms()
  const { reading } = await createProject(open, tasks, { folder })
  await open.close()
  await expect(reading.finished).rejects.toMatchObject({ code: 'cancelled' })
  expect(tasks.list()[0]).toMatchObject({ state: 'cancelled', error: null })
})

test('kill -9 while importing: the project opens and the import is gone on with', async () => {
  const folder = await photoFolder(numbered('rose', 60))
  const home = temporaryFolder()
  const directory = join(home, 'project')
  const child = startProcess(
    {
      Library: './library.ts',
      OpenProject: './open-project.ts',
      Tasks: './tasks.ts',
      createProject: '../dataset/import.ts',
    },
    `const tasks = new Tasks()
     const open = new OpenProject({ library: new Library(${JSON.stringify(home)}), cover: async () => [] })
     tasks.onChanged(({ done }) => process.stdout.write(done + '\\n'))
     await createProject(open, tasks, { folder: ${JSON.stringify(folder)}, directory: ${JSON.stringify(directory)} })`,
  )
  const ended = new Promise((settle) => child.once('exit', settle))
  child.stdout?.on('data', () => {
    if (existsSync(join(directory, 'project.db'))) child.kill('SIGKILL')
  })
  await ended
  const { open, tasks } = rooms()
  const project = await open.open(directory)
  await resumeReading(open, tasks)?.finished
  expect(project.photos.counts().labelled).toBe(60)
  expect(project.photos.unread()).toEqual([])
})

test('the real flowers (times printed)', async ({ skip }) => {
  const flowers = join(resolve(process.env.FLEURON_SHARED ?? '../shared'), 'data', 'flowers')
  if (!existsSync(flowers)) {
    process.stdout.write(`NOT RUN: there are no photos in ${flowers}\n`)
    skip()
  }
  const { open, tasks } = rooms()
  const begin = performance.now()
  const { project, reading } = await createProject(open, tasks, { folder: flowers })
  const answered = performance.now()
  await reading.finished
  process.stdout.write(
    `1,500 flowers: answered after ${Math.round(answered - begin)} ms, read after ${Math.round(performance.now() - begin)} ms\n`,
  )
  expect(project.snapshot()).toMatchObject({ photos: 1500, labelled: 1500, unreadable: [] })
  expect(project.classes.list().map(({ count }) => count)).toEqual([300, 300, 300, 300, 300])
  expect(project).toBeInstanceOf(Project)
})
