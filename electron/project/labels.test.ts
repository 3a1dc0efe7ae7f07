import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { packRows, unpackRows } from './journal.ts'
import type { Labels } from './labels.ts'
import { Project } from './project.ts'
import { fillProject, newPhoto, startProcess, temporaryProject } from './testing.ts'

/** Everything the journal may change, as plain values. */
function state(project: Project): unknown {
  const photos = project.photos.get(project.photos.ids({}, 'name'))
  return {
    classes: project.classes.stored(),
    photos: photos.map(({ id, classId, excluded, flagged }) => ({ id, classId, excluded, flagged })),
  }
}

function withPhotos(count: number): { project: Project; ids: string[]; labels: Labels } {
  const project = temporaryProject()
  const ids = project.photos.add(Array.from({ length: count }, (_, index) => newPhoto(`IMG_${index}.jpg`)))
  return { project, ids, labels: project.labels }
}

const pick = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T

const reopen = (project: Project): Project => {
  project.close()
  return Project.open(project.directory)
}

test('rows are packed without loss', () => {
  for (let round = 0; round < 200; round++) {
    const rows = Array.from({ length: 60 }, (_, index) => index + 1).filter(() => Math.random() < round / 200)
    expect(unpackRows(packRows(rows))).toEqual(rows)
  }
  expect(packRows(Array.from({ length: 100_000 }, (_, index) => index + 1))).toEqual([1, 100_000])
})

test('actions are told in words, for one photo and for many', () => {
  const { labels, ids } = withPhotos(6)
  const rose = labels.createClass('Rose')
  const words = (): string | null => labels.history().undo
  expect(words()).toBe('Class Rose made')
  labels.set(ids, rose.id)
  expect(words()).toBe('6 photos set to Rose')
  labels.set(ids.slice(0, 1), null)
  expect(words()).toBe('1 photo cleared')
  labels.exclude(ids.slice(0, 2), true)
  expect(words()).toBe('2 photos excluded')
  labels.flag(ids.slice(0, 2), true)
  expect(words()).toBe('2 photos flagged')
  labels.renameClass(rose.id, 'Dog rose')
  expect(words()).toBe('Class Rose renamed to Dog rose')
  labels.setKey(rose.id, 'R')
  expect(words()).toBe('Key r given to Dog rose')
  expect(labels.undo()).toEqual({ label: 'Key r given to Dog rose' })
  expect(labels.history()).toEqual({
    undo: 'Class Rose renamed to Dog rose',
    redo: 'Key r given to Dog rose',
  })
})

test('a class found right counts while the photo has it, and the note is undone as everything is', () => {
  const { project, labels, ids } = withPhotos(2)
  const [rose, tulip] = [labels.createClass('Rose'), labels.createClass('Tulip')]
  labels.set(ids, rose.id)
  const right = (): boolean[] => project.photos.get(ids).map(({ foundRight }) => foundRight)
  labels.confirm(ids.slice(0, 1), rose.id)
  expect([right(), labels.history().undo]).toEqual([[true, false], '1 photo found right'])
  labels.set(ids, tulip.id)
  expect(right()).toEqual([false, false])
  labels.undo()
  expect(right()).toEqual([true, false])
  labels.undo()
  expect(right()).toEqual([false, false])
  expect(() => labels.confirm(ids, 'nothing')).toThrow(expect.objectContaining({ code: 'not-found' }))
})

test('what changes nothing is no action', () => {
  const { labels, ids } = withPhotos(2)
  const rose = labels.createClass('Rose')
  labels.set(ids, rose.id)
  labels.set(ids, rose.id)
  labels.exclude(ids, false)
  labels.renameClass(rose.id, 'Rose')
  expect(labels.undo()).toEqual({ label: '2 photos set to Rose' })
})

test('a hundred random actions are undone and redone step by step, across restarts', () => {
  const { project: first, ids } = withPhotos(40)
  let project = first
  const some = (): string[] => ids.filter(() => Math.random() < 0.3)
  const actions: (() => void)[] = [
    () => project.labels.createClass(`Class ${Math.random()}`),
    () => project.labels.set(some(), pick(project.classes.stored()).id),
    () => project.labels.set(some(), null),
    () => project.labels.exclude(some(), Math.random() < 0.5),
    () => project.labels.flag(some(), Math.random() < 0.5),
    () => project.labels.renameClass(pick(project.classes.stored()).id, `Name ${Math.random()}`),
    () => project.labels.setKey(pick(project.classes.stored()).id, pick(['q', 'w', 'e', 'r', '1', '2', null])),
    () => {
      const [from, into] = [pick(project.classes.stored()).id, pick(project.classes.stored()).id]
      if (from !== into) project.labels.mergeClasses(from, into)
    },
    () => {
      if (project.classes.stored().length > 2) project.labels.removeClass(pick(project.classes.stored()).id)
    },
  ]
  project.labels.createClass('A')
  project.labels.createClass('B')
  while (project.labels.undo());
  const states = [state(project)]
  while (project.labels.redo()) states.push(state(project))
  for (let step = 0; step < 100; step++) {
    const before = project.labels.history().undo
    const stateBefore = JSON.stringify(state(project))
    pick(actions)()
    if (JSON.stringify(state(project)) !== stateBefore) states.push(state(project))
    else expect(project.labels.history().undo).toBe(before)
  }
  for (let index = states.length - 1; index > 0; index--) {
    expect(state(project)).toEqual(states[index])
    expect(project.labels.undo()).not.toBeNull()
    if (index % 17 === 0) project = reopen(project)
  }
  expect(state(project)).toEqual(states[0])
  expect(project.labels.undo()).toBeNull()
  for (const expected of states.slice(1)) {
    expect(project.labels.redo()).not.toBeNull()
    expect(state(project)).toEqual(expected)
  }
  expect(project.labels.redo()).toBeNull()
  project.close()
})

test('a new action after undo drops what could have been redone', () => {
  const { labels, ids } = withPhotos(3)
  const rose = labels.createClass('Rose')
  labels.set(ids, rose.id)
  labels.undo()
  labels.flag(ids, true)
  expect(labels.history()).toEqual({ undo: '3 photos flagged', redo: null })
  expect(labels.redo()).toBeNull()
})

test('merging moves every photo, and undo gives each its class back', () => {
  const { project, labels, ids } = withPhotos(6)
  const [rose, tulip] = [labels.createClass('Rose'), labels.createClass('Tulip')]
  labels.set(ids.slice(0, 4), rose.id)
  labels.set(ids.slice(4), tulip.id)
  labels.mergeClasses(rose.id, tulip.id)
  expect(project.classes.list()).toEqual([{ ...tulip, count: 6 }])
  labels.undo()
  expect(project.classes.list()).toEqual([
    { ...rose, count: 4 },
    { ...tulip, count: 2 },
  ])
})

test('names that differ in case or Unicode form only are refused', () => {
  const { labels } = withPhotos(0)
  const rose = labels.createClass('Rosé')
  const tulip = labels.createClass('Tulip')
  expect(() => labels.createClass('Rosé')).toThrow(expect.objectContaining({ code: 'conflict' }))
  expect(() => labels.createClass('rosé')).toThrow(/differs from rosé in its spelling only/)
  expect(() => labels.createClass('ROSE\u0301')).toThrow(expect.objectContaining({ code: 'conflict' }))
  expect(() => labels.renameClass(tulip.id, 'ROSÉ')).toThrow(expect.objectContaining({ code: 'conflict' }))
  labels.renameClass(rose.id, 'ROSÉ')
})

test('keys are given in order, exchanged when taken, and refused when Fleuron needs them', () => {
  const { project, labels } = withPhotos(0)
  const classes = Array.from({ length: 32 }, (_, index) => labels.createClass(`Class ${index}`))
  const keys = classes.map(({ key }) => key)
  expect(keys.slice(0, 11).join('')).toBe('123456789bc')
  expect(keys.filter((key) => key !== null && 'adnxzh0 '.includes(key))).toEqual([])
  expect(new Set(keys.filter((key) => key !== null)).size).toBe(keys.filter((key) => key !== null).length)
  expect(keys.at(-1)).toBeNull()
  labels.setKey(classes[0]?.id ?? '', '2')
  expect(project.classes.stored().map(({ key }) => key)).toEqual(['2', '1', ...keys.slice(2)])
  for (const key of ['a', 'N', '0', ' ', '?']) {
    expect(() => labels.setKey(classes[0]?.id ?? '', key)).toThrow(expect.objectContaining({ code: 'conflict' }))
  }
})

test('an unknown photo or class is refused, and nothing is changed', () => {
  const { project, labels, ids } = withPhotos(2)
  const rose = labels.createClass('Rose')
  expect(() => labels.set([...ids, 'nobody'], rose.id)).toThrow(/1 photo of this selection is not in the project/)
  expect(() => labels.set(ids, 'nothing')).toThrow(expect.objectContaining({ code: 'not-found' }))
  expect(project.classes.list()[0]?.count).toBe(0)
})

test('a class that comes back makes room for one that was imported under its name and key', () => {
  const { project, labels, ids } = withPhotos(2)
  const rose = labels.createClass('Rose')
  labels.set(ids, rose.id)
  labels.removeClass(rose.id)
  // A folder called Rose appears and is imported, which is no action.
  const [imported] = project.classes.import(['Rose'])
  expect(imported?.key).toBe('1')
  labels.undo()
  expect(project.classes.list().map(({ name, key, count }) => [name, key, count])).toEqual([
    ['Rose', '1', 0],
    ['Rose 2', null, 2],
  ])
  while (labels.undo());
  expect(project.classes.stored()).toEqual([imported])
})

test('changes are told after they are made', async () => {
  const { project, labels, ids } = withPhotos(3)
  await new Promise((resolve) => setTimeout(resolve, 150))
  const told: unknown[] = []
  project.onPhotosChanged((change) => told.push(change))
  project.onChanged(({ labelled, undo }) => told.push({ labelled, undo }))
  const rose = labels.createClass('Rose')
  await new Promise((resolve) => setTimeout(resolve, 150))
  labels.set(ids.slice(0, 2), rose.id)
  expect(told.slice(-2)).toEqual([{ photos: ids.slice(0, 2) }, { labelled: 2, undo: '2 photos set to Rose' }])
})

test('kill -9 while labelling loses nothing that was confirmed', async () => {
  const { project, labels, ids } = withPhotos(400)
  const rose = labels.createClass('Rose')
  project.close()
  const child = startProcess(
    { Project: './project.ts' },
    `const project = Project.open(${JSON.stringify(project.directory)})
     for (const id of ${JSON.stringify(ids)}) {
       project.labels.set([id], ${JSON.stringify(rose.id)})
       process.stdout.write(id + '\\n')
     }
     setInterval(() => {}, 1000)`,
  )
  const confirmed: string[] = []
  if (!child.stdout) throw new Error('The process has no output.')
  for await (const line of createInterface({ input: child.stdout })) {
    confirmed.push(line)
    if (confirmed.length === 100) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  expect(child.signalCode).toBe('SIGKILL')

  const after = Project.open(project.directory)
  const labelled = new Set(after.photos.ids({ classId: rose.id }, 'name'))
  expect(confirmed.filter((id) => !labelled.has(id))).toEqual([])
  // Each was an action of its own and can be taken back.
  for (let left = labelled.size; left > 0; left--) expect(after.labels.undo()?.label).toBe('1 photo set to Rose')
  expect(after.classes.list()[0]?.count).toBe(0)
  after.close()
})

test('100,000 photos are labelled in one action and taken back (times printed)', () => {
  const project = temporaryProject()
  fillProject(project, 100_000)
  const ids = project.photos.ids({}, 'name')
  const rose = project.labels.createClass('Rose')
  const begin = performance.now()
  project.labels.set(ids, rose.id)
  const labelled = performance.now()
  project.labels.undo()
  const undone = performance.now()
  process.stdout.write(
    `100,000 photos labelled in ${Math.round(labelled - begin)} ms, undone in ${Math.round(undone - labelled)} ms\n`,
  )
  expect(project.photos.counts().labelled).toBe(0)
  project.labels.redo()
  expect(project.photos.counts().labelled).toBe(100_000)
})
