import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { FieldSession } from '../../shared/prediction.ts'
import { drawPixels, temporaryFolder, toSharp } from '../augment/testing.ts'
import { Library } from '../project/library.ts'
import { OpenProject } from '../project/open-project.ts'
import { Tasks } from '../project/tasks.ts'
import { ComputeClient } from '../train/compute/compute-client.ts'
import { forkComputeProcess, forkProcess } from '../train/compute/fork-compute.ts'
import { defaultSettings } from '../train/settings/settings.ts'
import { FieldWork } from './classify-session.ts'
import { writeTestModel } from './testing.ts'

const root = temporaryFolder()
const photos = join(root.path, 'photos')
const compute = new ComputeClient(forkComputeProcess)
let number = 0
let project: OpenProject
let tasks: Tasks
let field: FieldWork
let run: string

beforeAll(async () => {
  mkdirSync(join(photos, 'meadow'), { recursive: true })
  for (let photo = 0; photo < 40; photo++) {
    await toSharp(drawPixels(50 + photo, 70, photo))
      .jpeg()
      .toFile(join(photos, 'meadow', `photo ${photo}.jpg`))
  }
  writeFileSync(join(photos, 'empty.jpg'), '')
})
afterAll(async () => {
  await compute.close()
  root.remove()
})

const openWork = async (directory: string): Promise<void> => {
  tasks = new Tasks()
  project = new OpenProject({ library: new Library(join(root.path, 'home')), cover: async () => [] })
  await project.open(directory)
  field = new FieldWork({ project, tasks, compute })
}

beforeEach(async () => {
  const directory = join(root.path, `project ${number++}`)
  const library = new Library(join(root.path, 'home'))
  const making = new OpenProject({ library, cover: async () => [] })
  const { runs } = await making.create({ directory, name: 'Test', folder: photos })
  const counts = { train: 1, validation: 1, test: 1 }
  const classes = ['daisy', 'iris', 'rose'].map((name) => ({ id: name, name }))
  run = runs.create({ settings: defaultSettings('simple_cnn', 'scratch', 100), classes, photos: counts }).id
  await writeTestModel(join(runs.directory(run), 'model'))
  runs.update(run, { state: 'finished', hasModel: true, seconds: 60, validationAccuracy: 0.9 })
  runs.create({ settings: defaultSettings('simple_cnn', 'scratch', 100), classes, photos: counts })
  await making.close()
  await openWork(directory)
})
afterEach(async () => {
  await tasks.close()
  await project.close()
})

const untilEnded = (session: string): Promise<FieldSession> =>
  new Promise((resolve) => {
    const look = (news: FieldSession): void => {
      if (news.id === session && news.state !== 'running') resolve(news)
    }
    field.onChanged(look)
    look(field.sessions.get(session))
  })

test('models are the runs that have one', () => {
  const [model, ...others] = field.models()
  expect(others).toEqual([])
  expect(model).toMatchObject({
    run,
    number: 1,
    title: 'Simple CNN, from scratch',
    classes: ['daisy', 'iris', 'rose'],
    validationAccuracy: 0.9,
  })
})

test('a folder becomes a session that tells how far it is, and is there after a restart', async () => {
  const told: FieldSession[] = []
  field.onChanged((session) => told.push(session))
  const { session, task } = await field.classifyFolder(run, photos)
  const ended = await untilEnded(session)
  expect(told[0]).toMatchObject({ id: session, state: 'running', photos: 41, done: 0 })
  expect(ended).toMatchObject({
    run,
    title: 'photos',
    state: 'finished',
    photos: 41,
    done: 41,
    counts: { known: 40, unsure: 0, unknown: 0 },
    unreadable: [{ path: 'empty.jpg', reason: expect.stringContaining('empty') }],
    rejector: 'Kept 95 % of 20 validation photos.',
  })
  // The task ends right after its session.
  await new Promise((resolve) => setImmediate(resolve))
  expect(tasks.list()).toEqual([expect.objectContaining({ id: task, kind: 'classify', state: 'done', total: 41 })])

  const all = field.sessions.photos({ session, offset: 0, limit: 1000 })
  expect(all.total).toBe(40)
  expect(all.photos[0]).toMatchObject({
    path: expect.stringMatching(/^meadow\/photo \d+\.jpg$/),
    name: expect.stringMatching(/^photo \d+\.jpg$/),
    decision: 'known',
    sentence: expect.stringMatching(/^We are sure this is an? (daisy|iris|rose)\.$/),
  })
  expect(field.sessions.photos({ session, decision: 'known', offset: 38, limit: 10 })).toEqual({
    total: 40,
    photos: all.photos.slice(38),
  })
  expect(field.sessions.photos({ session, decision: 'unknown', offset: 0, limit: 10 })).toEqual({
    total: 0,
    photos: [],
  })
  const csv = field.exportCsv(session)
  expect(csv.name).toBe('photos-predictions.csv')
  expect(csv.text.trim().split('\r\n')).toHaveLength(41)

  const index = all.photos[7]?.index ?? -1
  const picture = await field.image(session, index, 'grid')
  expect((await sharp(picture.bytes).metadata()).format).toBe('jpeg')
  const empty = field.sessions.get(session).photos - 1
  const places = Array.from({ length: empty + 1 }, (_, place) => place)
  const unread = places.find((place) => all.photos.every((photo) => photo.index !== place)) ?? -1
  await expect(field.image(session, unread, 'grid')).rejects.toMatchObject({ code: 'unreadable' })
  await expect(field.image(session, 1000, 'grid')).rejects.toMatchObject({ code: 'not-found' })
  expect(readdirSync(photos).toSorted()).toEqual(['empty.jpg', 'meadow'])

  const { directory } = project.current()
  await project.close()
  await openWork(directory)
  expect(field.sessions.list()).toEqual([ended])
  expect(field.sessions.photos({ session, offset: 0, limit: 1000 })).toEqual(all)
})

test('dropped photos are kept in the cache and shown by their names', async () => {
  const bytes = await toSharp(drawPixels(60, 60, 1))
    .jpeg()
    .toBuffer()
  const files = [
    { name: 'a.JPG', bytes },
    { name: 'a.JPG', bytes },
    { name: '../../evil.jpg', bytes },
    { name: 'pasted', bytes },
    { name: 'broken.png', bytes: bytes.subarray(0, 100) },
  ]
  const { session } = await field.classifyDropped(run, files)
  const ended = await untilEnded(session)
  expect(ended).toMatchObject({ title: '5 dropped photos', photos: 5, done: 5 })
  expect(ended.unreadable).toEqual([{ path: 'broken.png', reason: expect.stringContaining('breaks off') }])
  const { photos: found } = field.sessions.photos({ session, offset: 0, limit: 10 })
  expect(found.map(({ name }) => name)).toEqual(['a.JPG', 'a.JPG', '_.._evil.jpg', 'pasted'])
  const kept = join(project.current().directory, 'cache', 'field', session)
  expect(readdirSync(kept).toSorted()).toEqual(['0.jpg', '1.jpg', '2.jpg', '3', '4.png'])
  expect((await field.image(session, 2, 'original')).mediaType).toBe('image/jpeg')
})

test('a session that is cancelled, or cut off by a closed project, keeps what it has', async () => {
  const { session, task } = await field.classifyFolder(run, photos)
  field.onChanged(({ done }) => done > 0 && tasks.cancel(task))
  tasks.cancel(task)
  expect(await untilEnded(session)).toMatchObject({ state: 'cancelled', photos: 41 })

  const cut = await field.classifyFolder(run, photos)
  const { directory } = project.current()
  await project.close()
  await tasks.close()
  await openWork(directory)
  expect(field.sessions.get(cut.session)).toMatchObject({ state: 'cancelled', photos: 41 })
  expect(field.sessions.list().map(({ id }) => id)).toEqual([cut.session, session])
})

test('a session goes on where it ended: what is known stays, the rest is classified', async () => {
  const { session } = await field.classifyFolder(run, photos)
  await untilEnded(session)
  const whole = field.sessions.photos({ session, offset: 0, limit: 1000 })
  await expect(field.resume(session)).rejects.toMatchObject({ code: 'conflict' })

  // As a process that was killed leaves it: some photos have a decision, of the others nothing is known.
  const { database, directory } = project.current()
  database.exec(
    `UPDATE field_photo SET decision = NULL, unreadable = NULL WHERE place % 3 = 0 OR unreadable IS NOT NULL;
     UPDATE field_photo SET score = 12345 WHERE decision IS NOT NULL;
     UPDATE field_session SET state = 'running'`,
  )
  await project.close()
  await tasks.close()
  await openWork(directory)
  const before = field.sessions.get(session)
  expect(before.state).toBe('cancelled')
  expect(before.done).toBeLessThan(30)

  await field.resume(session)
  await expect(field.resume(session)).rejects.toMatchObject({ code: 'in-use' })
  expect(await untilEnded(session)).toMatchObject({ state: 'finished', photos: 41, done: 41 })
  const { photos: found } = field.sessions.photos({ session, offset: 0, limit: 1000 })
  expect(found.filter(({ known }) => known === 12_345)).toHaveLength(before.done)
  expect(found.map(({ path, class: name, top }) => [path, name, top])).toEqual(
    whole.photos.map(({ path, class: name, top }) => [path, name, top]),
  )
  expect(field.sessions.get(session).unreadable).toHaveLength(1)
})

test('what a folder has that is passed over is said when it begins', async () => {
  const folder = join(root.path, 'with a broken link')
  mkdirSync(folder)
  cpSync(join(photos, readdirSync(photos).find((name) => name.endsWith('.jpg')) ?? ''), join(folder, 'photo.jpg'))
  symlinkSync('nowhere.jpg', join(folder, 'link.jpg'))
  const { session, warnings } = await field.classifyFolder(run, folder)
  expect(warnings).toEqual(['Links that lead nowhere were passed over: link.jpg.'])
  expect(await untilEnded(session)).toMatchObject({ state: 'finished', photos: 1 })
})

test('a folder without photos and a run without a model are refused before anything begins', async () => {
  const empty = join(root.path, 'nothing here')
  mkdirSync(empty, { recursive: true })
  await expect(field.classifyFolder(run, empty)).rejects.toMatchObject({ code: 'not-found' })
  const [running] = project.current().runs.list()
  await expect(field.classifyFolder(running?.id ?? '', photos)).rejects.toMatchObject({ code: 'not-ready' })
  expect(field.sessions.list()).toEqual([])
  expect(tasks.list()).toEqual([])
})

test('a compute process that cannot do it fails the session', async () => {
  const other = new ComputeClient(forkProcess(new URL('../train/compute/compute-testing.ts', import.meta.url)))
  const failing = new FieldWork({ project, tasks, compute: other })
  const ended = Promise.withResolvers<FieldSession>()
  failing.onChanged((session) => session.state !== 'running' && ended.resolve(session))
  await failing.classifyFolder(run, photos)
  expect(await ended.promise).toMatchObject({ state: 'failed', photos: 41, done: 0 })
  await other.close()
})
