import { expect, test } from 'vitest'
import type { Photo, PhotoFilter, PhotoOrder } from '../../shared/photo.ts'
import { splits } from '../../shared/project.ts'
import { fillProject, newPhoto, temporaryProject } from './testing.ts'

const random = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T

const passes = (photo: Photo, filter: PhotoFilter): boolean =>
  (filter.classId === undefined || (photo.classId ?? 'none') === filter.classId) &&
  (filter.split === undefined || photo.split === filter.split) &&
  (filter.excluded === undefined || photo.excluded === filter.excluded) &&
  (filter.flagged === undefined || photo.flagged === filter.flagged) &&
  (filter.unreadable === undefined || (photo.unreadable !== null) === filter.unreadable) &&
  (filter.text === undefined || photo.name.includes(filter.text))

const number = (photo: Photo): number => Number(/\d+/.exec(photo.name)?.[0])
const byName = (a: Photo, b: Photo): number => a.name.charCodeAt(0) - b.name.charCodeAt(0) || number(a) - number(b)

test('names are in natural order, whatever their case and Unicode form', () => {
  const { photos } = temporaryProject()
  const names = ['b.jpg', 'IMG_10.jpg', 'img_9.jpg', 'IMG_010b.jpg', 'A.jpg', 'img_100.jpg', '2.jpg', '10.jpg', '1.jpg']
  photos.add(names.map((name) => newPhoto(`folder/${name}`)))
  const page = photos.page({ filter: {}, order: 'name', offset: 0, limit: 100 })
  expect(page.photos.map(({ name }) => name)).toEqual([
    '1.jpg',
    '2.jpg',
    '10.jpg',
    'A.jpg',
    'b.jpg',
    'img_9.jpg',
    'IMG_10.jpg',
    'IMG_010b.jpg',
    'img_100.jpg',
  ])
})

test('text is found in the file name, whatever its case and Unicode form, and nothing in it is a pattern', () => {
  const { photos } = temporaryProject()
  photos.add(['Ro\u0301sa.jpg', 'x%y.jpg', "o'hara.jpg", 'rosa/other.jpg'].map((path) => newPhoto(path)))
  const found = (text: string): string[] =>
    photos.page({ filter: { text }, order: 'name', offset: 0, limit: 9 }).photos.map(({ path }) => path)
  expect(found('RÓSA')).toEqual(['Ro\u0301sa.jpg'])
  expect(found('%')).toEqual(['x%y.jpg'])
  expect(found("O'H")).toEqual(["o'hara.jpg"])
  expect(found('rosa')).toEqual([])
})

test('every filter and order agrees with going through the photos one by one', () => {
  const project = temporaryProject()
  const classes = project.classes.import(['a', 'b', 'c'])
  const dates = Array.from({ length: 300 }, () => Date.UTC(2024, Math.floor(Math.random() * 20), 10))
  const ids = project.photos.add(
    dates.map((modified, index) =>
      newPhoto(`${random(['x', 'y'])}_${index}.jpg`, {
        classId: random([null, ...classes.map(({ id }) => id)]),
        split: random([null, ...splits]),
        modified,
      }),
    ),
  )
  project.labels.exclude(
    ids.filter(() => Math.random() < 0.2),
    true,
  )
  project.labels.flag(
    ids.filter(() => Math.random() < 0.2),
    true,
  )
  project.photos.update(new Map(ids.filter(() => Math.random() < 0.1).map((id) => [id, { unreadable: 'Broken.' }])))
  const all = project.photos.get(ids)
  const dateOf = new Map(ids.map((id, index) => [id, dates[index] ?? 0]))
  const place = new Map(classes.map(({ id, position }) => [id, position]))

  const classPlace = (photo: Photo): number => place.get(photo.classId ?? '') ?? 99
  const sorters: Record<PhotoOrder, (a: Photo, b: Photo) => number> = {
    name: byName,
    date: (a, b) => (dateOf.get(a.id) ?? 0) - (dateOf.get(b.id) ?? 0) || ids.indexOf(a.id) - ids.indexOf(b.id),
    class: (a, b) => classPlace(a) - classPlace(b) || byName(a, b),
  }
  for (let round = 0; round < 150; round++) {
    const filter: PhotoFilter = {}
    if (Math.random() < 0.4) filter.classId = random(['none', ...classes.map(({ id }) => id)])
    if (Math.random() < 0.3) filter.split = random(splits)
    if (Math.random() < 0.3) filter.excluded = Math.random() < 0.5
    if (Math.random() < 0.3) filter.flagged = Math.random() < 0.5
    if (Math.random() < 0.3) filter.unreadable = Math.random() < 0.5
    if (Math.random() < 0.3) filter.text = random(['x', 'y_1', '2'])
    const order = random(['name', 'date', 'class'] as const)
    const expected = all.filter((photo) => passes(photo, filter)).sort(sorters[order])
    expect(project.photos.ids(filter, order)).toEqual(expected.map(({ id }) => id))
    const offset = Math.floor(Math.random() * 40)
    const limit = 1 + Math.floor(Math.random() * 60)
    expect(project.photos.page({ filter, order, offset, limit })).toEqual({
      total: expected.length,
      photos: expected.slice(offset, offset + limit),
    })
    const at = (photo: Photo): string | null =>
      order === 'class' ? photo.classId : new Date(dateOf.get(photo.id) ?? 0).toISOString().slice(0, 7)
    const marks = expected.flatMap((photo, index) => {
      const before = expected[index - 1]
      return before && at(before) === at(photo) ? [] : [{ index, at: at(photo) }]
    })
    expect(project.photos.marks(filter, order)).toEqual(order === 'name' ? [] : marks)
  }
})

test('100,000 photos are paged through in every order (times printed)', () => {
  const project = temporaryProject()
  fillProject(
    project,
    100_000,
    project.classes.import(Array.from({ length: 20 }, (_, index) => `class ${index}`)).map(({ id }) => id),
  )
  for (const order of ['name', 'date', 'class'] as const) {
    const seen = new Set<string>()
    const times: number[] = []
    for (let offset = 0; offset < 100_000; offset += 1000) {
      const before = performance.now()
      const { total, photos } = project.photos.page({ filter: {}, order, offset, limit: 1000 })
      times.push(performance.now() - before)
      expect(total).toBe(100_000)
      for (const { id } of photos) seen.add(id)
    }
    times.sort((a, b) => a - b)
    process.stdout.write(
      `by ${order}: a page of 1,000 of 100,000 takes ${times[50]?.toFixed(1)} ms (median), ${times[99]?.toFixed(1)} ms (slowest)\n`,
    )
    expect(seen.size).toBe(100_000)
  }
  const before = performance.now()
  const snapshot = project.snapshot()
  process.stdout.write(`the project's counts take ${(performance.now() - before).toFixed(1)} ms\n`)
  expect(snapshot).toMatchObject({ photos: 100_000, labelled: 100_000 })
})
