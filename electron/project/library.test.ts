import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fleuronHome, Library } from './library.ts'
import { OpenProject } from './open-project.ts'
import { freeName, safeName } from './safe-name.ts'
import { newPhoto, temporaryFolder } from './testing.ts'

test('projects are remembered, last opened first, with a cover; forgetting touches nothing', async () => {
  const library = new Library(temporaryFolder())
  const open = new OpenProject({ library, cover: async () => ['data:image/jpeg;base64,AAAA'] })
  onTestFinished(() => open.close())
  const folder = temporaryFolder()
  const first = await open.create({ name: 'Käfer: 1/2', folder })
  first.photos.add([newPhoto('a.jpg'), newPhoto('b.jpg')])
  expect(first.directory).toBe(join(library.projects, 'Käfer_ 1_2'))
  const second = await open.create({ name: 'Käfer: 1/2', folder })
  expect(second.directory).toBe(join(library.projects, 'Käfer_ 1_2-2'))
  expect(library.recent()).toMatchObject([
    { directory: second.directory, photos: 0, available: true },
    { directory: first.directory, photos: 2, available: true, cover: ['data:image/jpeg;base64,AAAA'] },
  ])
  expect(library.madeFrom(`${folder}/`)?.directory).toBe(second.directory)

  // The same list in another process, or after a restart.
  const again = new Library(library.home)
  await open.close()
  rmSync(second.directory, { recursive: true })
  expect(again.recent().map(({ available }) => available)).toEqual([false, true])
  expect(again.madeFrom(folder)?.directory).toBe(first.directory)
  again.forget(first.directory)
  expect(library.recent().map(({ directory }) => directory)).toEqual([second.directory])
  expect((await open.open(first.directory)).photos.counts().photos).toBe(2)
})

test('a damaged list is an empty one', () => {
  const library = new Library(temporaryFolder())
  writeFileSync(join(library.home, 'library.json'), '{"recent": [')
  expect(library.recent()).toEqual([])
})

test('FLEURON_HOME says where', () => {
  const before = process.env.FLEURON_HOME
  onTestFinished(() => {
    if (before === undefined) delete process.env.FLEURON_HOME
    else process.env.FLEURON_HOME = before
  })
  const home = temporaryFolder()
  process.env.FLEURON_HOME = home
  expect(fleuronHome()).toBe(home)
  delete process.env.FLEURON_HOME
  expect(fleuronHome()).toMatch(/fleuron/i)
})

test('one project is open at a time, and a failed opening leaves the one before', async () => {
  const library = new Library(temporaryFolder())
  const open = new OpenProject({ library, cover: async () => [] })
  onTestFinished(() => open.close())
  expect(() => open.current()).toThrow(expect.objectContaining({ code: 'not-ready' }))
  const told: (string | null)[] = []
  open.onChanged((project) => told.push(project?.name ?? null))
  const first = await open.create({ name: 'One', folder: temporaryFolder() })
  await expect(open.open(temporaryFolder())).rejects.toMatchObject({ code: 'not-found' })
  expect(open.current()).toBe(first)
  expect(await open.open(first.directory)).toBe(first)
  await open.create({ name: 'Two', folder: temporaryFolder() })
  expect(first.closing.aborted).toBe(true)
  await open.close()
  expect(open.get()).toBeNull()
  expect(told).toEqual(['One', 'Two', null])
})

test('names become safe on every platform', () => {
  expect(safeName('Rose', 'x')).toBe('Rose')
  expect(safeName('a/b\\c:d*e?f"g<h>i|j', 'x')).toBe('a_b_c_d_e_f_g_h_i_j')
  expect(safeName('..', 'x')).toBe('x')
  expect(safeName('  . ', 'x')).toBe('x')
  expect(safeName('???', 'x')).toBe('x')
  expect(safeName('CON', 'x')).toBe('_CON')
  expect(safeName('com1.jpg', 'x')).toBe('_com1.jpg')
  expect(safeName('trailing. .', 'x')).toBe('trailing')
  expect(safeName('line\nbreak\u0000', 'x')).toBe('line_break_')
  expect(safeName('e\u0301', 'x')).toBe('é')
  const long = safeName('🌹'.repeat(300), 'x')
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(200)
  expect(long).toBe('🌹'.repeat(50))
  const taken = new Set(['a.jpg', 'a-2.jpg'])
  expect(freeName('a', '.jpg', (name) => taken.has(name))).toBe('a-3.jpg')
})
