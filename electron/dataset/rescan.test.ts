import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Project } from '../project/project.ts'
import { startRescan } from './import.ts'
import { imported, idsByPath, jpeg, numbered, photoFolder, writeFiles, type Rooms } from './testing.ts'

const again = ({ open, tasks }: Rooms): Promise<void> => startRescan(open, tasks).finished

/** Path, class and whether it can be read, by id. */
function view(project: Project): Map<string, [path: string, className: string | null, unreadable: string | null]> {
  const names = new Map(project.classes.stored().map(({ id, name }) => [id, name]))
  return new Map(
    project.photos
      .allStored()
      .map(({ id, path, classId, unreadable }) => [id, [path, names.get(classId ?? '') ?? null, unreadable]]),
  )
}

test('new photos come in with the class of their folder, new folders as new classes', async () => {
  const folder = await photoFolder([...numbered('rose', 2), ...numbered('tulip', 2), '1.jpg'])
  const all = await imported(folder)
  const [rose, tulip] = all.project.classes.stored()
  all.project.labels.renameClass(rose?.id ?? '', 'Garden rose')
  all.project.labels.removeClass(tulip?.id ?? '')
  writeFiles(folder, {
    'rose/3.jpg': await jpeg(),
    'tulip/3.jpg': await jpeg(),
    'daisy/1.jpg': await jpeg(),
    '2.jpg': await jpeg(),
  })
  await again(all)
  const byPath = new Map([...view(all.project).values()].map(([path, name]) => [path, name]))
  expect(byPath.get('rose/3.jpg')).toBe('Garden rose')
  // The user has done away with this class; new photos in its folder do not bring it back.
  expect(byPath.get('tulip/3.jpg')).toBeNull()
  expect(byPath.get('daisy/1.jpg')).toBe('daisy')
  expect(byPath.get('2.jpg')).toBeNull()
  expect(all.project.photos.unread()).toEqual([])
})

test('a moved or renamed photo keeps its id and its label, also when names are exchanged', async () => {
  const folder = await photoFolder([...numbered('rose', 4), ...numbered('tulip', 2)])
  const all = await imported(folder)
  const before = idsByPath(all.project)
  const at = (path: string): string => join(folder, path)
  mkdirSync(at('new'))
  renameSync(at('rose/1.jpg'), at('new/first.jpg'))
  renameSync(at('rose/2.jpg'), at('swap'))
  renameSync(at('rose/3.jpg'), at('rose/2.jpg'))
  renameSync(at('swap'), at('rose/3.jpg'))
  renameSync(at('tulip/2.jpg'), at('tulip/3.jpg'))
  renameSync(at('tulip/1.jpg'), at('tulip/2.jpg'))
  await again(all)
  const after = view(all.project)
  const moved: [string, string, string][] = [
    ['rose/1.jpg', 'new/first.jpg', 'rose'],
    ['rose/2.jpg', 'rose/3.jpg', 'rose'],
    ['rose/3.jpg', 'rose/2.jpg', 'rose'],
    ['rose/4.jpg', 'rose/4.jpg', 'rose'],
    ['tulip/1.jpg', 'tulip/2.jpg', 'tulip'],
    ['tulip/2.jpg', 'tulip/3.jpg', 'tulip'],
  ]
  for (const [from, to, name] of moved) expect(after.get(before.get(from) ?? '')).toEqual([to, name, null])
  expect(after.size).toBe(6)
})

test('a deleted photo keeps its label and is marked; put back, it is as before', async () => {
  const folder = await photoFolder(numbered('rose', 3))
  const all = await imported(folder)
  const id = idsByPath(all.project).get('rose/2.jpg') ?? ''
  renameSync(join(folder, 'rose/2.jpg'), join(folder, 'kept'))
  await again(all)
  const gone = 'The file is gone; put it back or exclude the photo.'
  expect(view(all.project).get(id)).toEqual(['rose/2.jpg', 'rose', gone])
  expect(all.project.snapshot().unreadable).toEqual([{ path: 'rose/2.jpg', reason: gone }])
  renameSync(join(folder, 'kept'), join(folder, 'rose/2.jpg'))
  await again(all)
  expect(view(all.project).get(id)).toEqual(['rose/2.jpg', 'rose', null])
  expect(all.project.photos.stored(id).hash).not.toBeNull()
})

test('a photo that was overwritten by another one gives its place up and keeps its label', async () => {
  const folder = await photoFolder(['rose/1.jpg', 'tulip/1.jpg'])
  const all = await imported(folder)
  const before = idsByPath(all.project)
  renameSync(join(folder, 'tulip/1.jpg'), join(folder, 'rose/1.jpg'))
  await again(all)
  const after = view(all.project)
  expect(after.get(before.get('tulip/1.jpg') ?? '')).toEqual(['rose/1.jpg', 'tulip', null])
  expect(after.get(before.get('rose/1.jpg') ?? '')).toEqual([
    'rose/1.jpg (replaced)',
    'rose',
    expect.stringMatching(/^Another photo was put in its place/),
  ])
})

test('a changed photo is read again and keeps its label; one that was only touched keeps its hash', async () => {
  const folder = await photoFolder(numbered('rose', 2))
  const all = await imported(folder)
  const [first, second] = [
    idsByPath(all.project).get('rose/1.jpg') ?? '',
    idsByPath(all.project).get('rose/2.jpg') ?? '',
  ]
  const before = [all.project.photos.stored(first), all.project.photos.stored(second)]
  writeFileSync(join(folder, 'rose/1.jpg'), await jpeg())
  utimesSync(join(folder, 'rose/2.jpg'), new Date(0), new Date(1e9))
  await again(all)
  const after = [all.project.photos.stored(first), all.project.photos.stored(second)]
  expect(after[0]?.hash).not.toBe(before[0]?.hash)
  expect(after[0]?.classId).toBe(before[0]?.classId)
  expect(after[1]?.hash).toBe(before[1]?.hash)
  expect(after[1]?.modified).toBe(1e9)
})

test('a copy is a new photo, and among copies those that stayed stay', async () => {
  const folder = await photoFolder(['rose/1.jpg'])
  const bytes = await jpeg()
  writeFiles(folder, { 'rose/a.jpg': bytes, 'rose/b.jpg': bytes })
  const all = await imported(folder)
  const before = idsByPath(all.project)
  writeFiles(folder, { 'rose/c.jpg': bytes })
  rmSync(join(folder, 'rose/a.jpg'))
  await again(all)
  const after = view(all.project)
  expect(after.get(before.get('rose/b.jpg') ?? '')?.[0]).toBe('rose/b.jpg')
  expect(after.get(before.get('rose/a.jpg') ?? '')?.[0]).toBe('rose/c.jpg')
  expect(after.size).toBe(3)
})

test('a file that could not be read gets another chance', async () => {
  const folder = await photoFolder(['rose/1.jpg'])
  writeFiles(folder, { 'rose/2.jpg': '' })
  const all = await imported(folder)
  expect(all.project.photos.unreadable()).toHaveLength(1)
  writeFiles(folder, { 'rose/2.jpg': await jpeg() })
  await again(all)
  expect(all.project.photos.unreadable()).toEqual([])
})

test('a disk that is not connected marks nothing', async () => {
  const folder = await photoFolder(numbered('rose', 2))
  const all = await imported(folder)
  renameSync(folder, `${folder}-away`)
  expect(() => startRescan(all.open, all.tasks)).toThrow(
    expect.objectContaining({ code: 'not-found', message: expect.stringMatching(/connect its disk/) }),
  )
  expect(all.project.snapshot()).toMatchObject({ folderAvailable: false, unreadable: [] })
  // An empty mount point in its place.
  mkdirSync(folder)
  await expect(again(all)).rejects.toMatchObject({ code: 'not-found' })
  expect(all.project.snapshot().unreadable).toEqual([])
  rmSync(folder, { recursive: true })
  renameSync(`${folder}-away`, folder)
  await again(all)
  expect(all.project.snapshot()).toMatchObject({ folderAvailable: true, unreadable: [], photos: 2 })
})

test('looking again at a folder that has not changed changes nothing', async () => {
  const folder = await photoFolder([...numbered('a/rose', 3), ...numbered('a/tulip', 2)])
  const all = await imported(folder)
  const before = all.project.photos.allStored()
  await again(all)
  expect(all.project.photos.allStored()).toEqual(before)
  // Another folder beside the one that held all classes is no class of its own making: the first reading stands.
  writeFiles(folder, { 'b/1.jpg': await jpeg() })
  await again(all)
  expect(all.project.classes.stored().map(({ name }) => name)).toEqual(['rose', 'tulip'])
})
