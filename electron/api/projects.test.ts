import { expect, test, vi } from 'vitest'
import type { PhotosService, ProjectsService } from '../../shared/contract.ts'
import { photoFolder, rooms } from '../dataset/testing.ts'
import { createLabelsService } from './labels.ts'
import { createPhotosService } from './photos.ts'
import { createProjectsService } from './projects.ts'

test('the service makes, opens, renames, forgets and closes projects', async () => {
  const folder = await photoFolder(['rose/1.jpg', 'tulip/1.jpg'])
  const { library, tasks, open } = rooms()
  const service = createProjectsService({ project: open, library, tasks })
  const told: (number | null)[] = []
  service.onChanged((project) => told.push(project?.photos ?? null))
  const { project, task } = await service.create({ folder, name: 'Garden' })
  expect(project).toMatchObject({ name: 'Garden', folder })
  expect(tasks.list().map(({ id }) => id)).toEqual([task])
  await new Promise((settle) => tasks.onChanged(({ state }) => state === 'done' && settle(null)))
  expect((await service.current())?.photos).toBe(2)
  expect(await service.rename({ name: 'Meadow' })).toMatchObject({ name: 'Meadow' })
  expect(await service.recent()).toMatchObject([{ name: 'Meadow', photos: 2 }])
  await service.close()
  expect(await service.current()).toBeNull()
  expect(await service.open({ directory: project.directory })).toMatchObject({ photos: 2 })
  await service.forget({ directory: project.directory })
  expect(await service.recent()).toEqual([])
  expect(told.at(0)).toBe(0)
  expect(told.at(-1)).toBe(2)
})

test('photos and labels through their services, with the photos that changed told', async () => {
  const folder = await photoFolder(['rose/1.jpg', 'rose/2.jpg', 'tulip/1.jpg'])
  const { library, tasks, open } = rooms()
  const projects: ProjectsService = createProjectsService({ project: open, library, tasks })
  const photos: PhotosService = createPhotosService({ project: open })
  const labels = createLabelsService({ project: open, tasks })
  await expect(photos.ids({ filter: {}, order: 'name' })).rejects.toMatchObject({ code: 'not-ready' })
  await projects.create({ folder })
  await new Promise((settle) => tasks.onChanged(({ state }) => state === 'done' && settle(null)))
  // What the import has changed is told first.
  await new Promise((settle) => setTimeout(settle, 500))
  const told: unknown[] = []
  photos.onChanged((change) => told.push(change))
  const daisy = await labels.createClass({ name: 'Daisy' })
  const ids = await photos.ids({ filter: {}, order: 'class' })
  await labels.set({ photos: ids.slice(0, 2), classId: daisy.id })
  expect((await photos.page({ filter: { classId: daisy.id }, order: 'name', offset: 0, limit: 9 })).total).toBe(2)
  expect(await photos.get({ ids: [ids[2] ?? '', 'nobody'] })).toMatchObject([{ path: 'tulip/1.jpg' }])
  expect(await photos.marks({ filter: {}, order: 'class' })).toHaveLength(2)
  expect((await projects.current())?.undo).toBe('2 photos set to Daisy')
  expect(await labels.undo()).toEqual({ label: '2 photos set to Daisy' })
  expect(await labels.redo()).toEqual({ label: '2 photos set to Daisy' })
  expect((await labels.exportCsv()).text).toContain('rose/1.jpg,Daisy,,no')
  await vi.waitFor(() => expect(told.at(-1)).toEqual({ photos: ids.slice(0, 2) }), { timeout: 10_000 })
})
