import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { trainingProblems, trainingWarnings } from './training-problems.ts'
import { createProject, startRescan } from './import.ts'
import { imported, idsByPath, jpeg, numbered, photoFolder, rooms, writeFiles } from './testing.ts'
import { plannedSplits, readTrainingSet } from './training-set.ts'

test('labelled photos with absolute paths, hashes, labels and splits; the plan foretells them', async () => {
  const folder = await photoFolder([...numbered('rose', 20), ...numbered('tulip', 10), 'loose.jpg'])
  const { project } = await imported(folder)
  project.labels.createClass('Nothing yet')
  const planned = plannedSplits(project)
  const set = await readTrainingSet(project, { seed: 1 })
  expect(set.classes.map(({ name }) => name)).toEqual(['rose', 'tulip'])
  expect(set.skipped).toEqual([])
  expect(set.photos).toHaveLength(30)
  for (const { path, label, hash } of set.photos) {
    expect(path.startsWith(join(folder, label === 0 ? 'rose' : 'tulip'))).toBe(true)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
  }
  expect(project.snapshot().splits).toEqual(planned)
  expect(planned).toEqual({ train: 14 + 7, validation: 3 + 2, test: 3 + 1 })
  expect(plannedSplits(project)).toEqual(planned)
})

test('splits stay: with another seed, after relabelling, and when photos come in', async () => {
  const folder = await photoFolder([...numbered('rose', 10), ...numbered('tulip', 10)])
  const all = await imported(folder)
  const splits = async (seed: number): Promise<Map<string, string>> => {
    const { photos } = await readTrainingSet(all.project, { seed })
    return new Map(photos.map(({ id, split }) => [id, split]))
  }
  const first = await splits(1)
  expect(await splits(2)).toEqual(first)
  const [rose, tulip] = all.project.classes.stored()
  all.project.labels.set(all.project.photos.ids({ classId: rose?.id }, 'name').slice(0, 4), tulip?.id ?? null)
  expect(await splits(3)).toEqual(first)
  for (const path of numbered('rose', 20).slice(10)) writeFiles(folder, { [path]: await jpeg() })
  await startRescan(all.open, all.tasks).finished
  const later = await splits(4)
  expect(later.size).toBe(30)
  for (const [id, split] of first) expect(later.get(id)).toBe(split)
})

test('byte-identical photos are in one split, across classes too', async () => {
  const folder = await photoFolder([...numbered('rose', 6), ...numbered('tulip', 6)])
  for (let copy = 1; copy <= 6; copy++) {
    copyFileSync(join(folder, `rose/${copy}.jpg`), join(folder, `rose/copy ${copy}.jpg`))
    copyFileSync(join(folder, `rose/${copy}.jpg`), join(folder, `tulip/copy ${copy}.jpg`))
  }
  const { project } = await imported(folder)
  const { photos } = await readTrainingSet(project, { seed: 5 })
  for (const group of Map.groupBy(photos, ({ hash }) => hash).values()) {
    expect(new Set(group.map(({ split }) => split)).size).toBe(1)
  }
})

test('it waits for an import that is still going on', async () => {
  const folder = await photoFolder([...numbered('rose', 10), ...numbered('tulip', 10)])
  const { open, tasks } = rooms()
  const { project } = await createProject(open, tasks, { folder })
  expect((await readTrainingSet(project, { seed: 0 })).photos).toHaveLength(20)
})

test('photos deleted, replaced, broken or excluded meanwhile are handled', async () => {
  const folder = await photoFolder([...numbered('rose', 6), ...numbered('tulip', 6)])
  const { project } = await imported(folder)
  const ids = idsByPath(project)
  const oldHash = project.photos.stored(ids.get('rose/2.jpg') ?? '').hash
  rmSync(join(folder, 'rose/1.jpg'))
  writeFileSync(join(folder, 'rose/2.jpg'), await jpeg())
  writeFileSync(join(folder, 'rose/3.jpg'), 'no photo')
  project.labels.exclude([ids.get('tulip/1.jpg') ?? ''], true)
  const set = await readTrainingSet(project, { seed: 0 })
  expect(set.photos).toHaveLength(9)
  expect(set.photos.find(({ id }) => id === ids.get('rose/2.jpg'))?.hash).not.toBe(oldHash)
  expect(set.skipped).toEqual([
    { path: 'rose/1.jpg', reason: 'The file is gone; put it back or exclude the photo.' },
    { path: 'rose/3.jpg', reason: expect.stringMatching(/text file/) },
  ])
  expect(trainingWarnings(project, { weighted: false })).toContain(
    '2 labelled photos cannot be read and will be left out.',
  )
  expect(trainingWarnings(project, { weighted: false })[0]).toMatch(
    /^Fewer than 20 photos of rose \(4\), tulip \(5\): .*30 or more work well/,
  )
  renameSync(folder, `${folder}-away`)
  await expect(readTrainingSet(project, { seed: 0 })).rejects.toMatchObject({ code: 'not-found' })
  expect(trainingProblems(project)).toEqual([`The folder ${folder} cannot be reached; connect its disk.`])
  renameSync(`${folder}-away`, folder)
  expect(project.photos.unreadable()).toHaveLength(2)
})

test('folders named train, validation and test are obeyed', async () => {
  const paths = ['train', 'val', 'test'].flatMap((split) => [
    ...numbered(`${split}/rose`, split === 'train' ? 4 : 2),
    ...numbered(`${split}/tulip`, split === 'train' ? 4 : 2),
  ])
  const { project } = await imported(await photoFolder(paths))
  const { photos } = await readTrainingSet(project, { seed: 0 })
  for (const { path, split } of photos) {
    expect(path).toContain(`/${split === 'validation' ? 'val' : split}/`)
  }
})

async function problems(paths: string[]): Promise<string[]> {
  const { project } = await imported(await photoFolder(paths))
  const said = trainingProblems(project)
  if (said[0] !== undefined) {
    await expect(readTrainingSet(project, { seed: 0 })).rejects.toMatchObject({ code: 'not-ready', message: said[0] })
  }
  return said
}

test('what stands in the way of training is said in sentences', async () => {
  expect(await problems(['1.jpg', '2.jpg'])).toEqual([
    'No photo that can be read has a label; label some photos of at least two classes.',
  ])
  expect(await problems(numbered('rose', 3))).toEqual([
    'All labelled photos are of rose; label photos of at least one other class too.',
  ])
  expect(await problems([...numbered('rose', 3), 'tulip/1.jpg'])).toEqual([
    'tulip has only 1 photo; label another one, exclude it, or merge the class with a similar one.',
  ])
  expect(await problems([...numbered('rose', 2), ...numbered('tulip', 2)])).toEqual([])
})

test('unequal classes are warned of, unless photos of rare ones count more', async () => {
  const { project } = await imported(await photoFolder([...numbered('rose', 34), ...numbered('tulip', 3)]))
  const said = (weighted: boolean) =>
    trainingWarnings(project, { weighted }).filter((warning) => warning.startsWith('The largest class'))
  expect(said(false)).toEqual([expect.stringMatching(/more than ten times .*; class weights \(under Loss\) make/)])
  expect(said(true)).toEqual([])
})

test('a class whose photos were all set aside is told', async () => {
  const { project } = await imported(await photoFolder([...numbered('rose', 10), ...numbered('tulip', 10)]))
  await readTrainingSet(project, { seed: 0 })
  const daisy = project.labels.createClass('Daisy')
  project.labels.set(project.photos.ids({ split: 'validation' }, 'name'), daisy.id)
  expect(trainingProblems(project)[0]).toMatch(/^All \d photos of Daisy were set aside for validation and test/)
})
