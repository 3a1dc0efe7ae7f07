import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Settings } from '../../shared/contract.ts'
import { createSettingsService } from './settings.ts'

let home = ''
const file = () => join(home, 'deeper', 'settings.json')
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fleuron-settings-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

it('keeps what was chosen, and tells of it', async () => {
  const service = await createSettingsService({ file: file() })
  const told: Settings[] = []
  service.onChanged((settings) => told.push(settings))
  expect(await service.get()).toEqual({
    theme: 'system',
    autoAdvance: true,
    weights: null,
    keys: {},
    device: 'automatic',
    notify: true,
  })
  await Promise.all([service.update({ theme: 'dark' }), service.update({ weights: '/w' })])
  expect(told).toHaveLength(2)

  const again = await createSettingsService({ file: file() })
  expect(await again.get()).toEqual({
    theme: 'dark',
    autoAdvance: true,
    weights: '/w',
    keys: {},
    device: 'automatic',
    notify: true,
  })
})

it.each(['{"theme": "da', '{"theme": "violet"}', '[]', ''])('puts a damaged file aside: %s', async (text) => {
  const path = join(home, 'settings.json')
  await writeFile(path, text)
  const service = await createSettingsService({ file: path })
  expect(await service.get()).toEqual({
    theme: 'system',
    autoAdvance: true,
    weights: null,
    keys: {},
    device: 'automatic',
    notify: true,
  })
  expect(await readdir(home)).toEqual(['settings.json.damaged'])
  expect(await readFile(`${path}.damaged`, 'utf8')).toBe(text)
})

it('takes a file of an older version, which lacks a setting', async () => {
  const path = join(home, 'settings.json')
  await writeFile(path, '{"theme": "dark"}')
  const service = await createSettingsService({ file: path })
  expect(await service.get()).toEqual({
    theme: 'dark',
    autoAdvance: true,
    weights: null,
    keys: {},
    device: 'automatic',
    notify: true,
  })
})

it('says so when it cannot write', async () => {
  await writeFile(join(home, 'deeper'), 'a file where a folder should be')
  const service = await createSettingsService({ file: file() })
  await expect(service.update({ theme: 'dark' })).rejects.toMatchObject({ code: 'not-permitted' })
  expect(await service.get()).toMatchObject({ theme: 'system' })
})
