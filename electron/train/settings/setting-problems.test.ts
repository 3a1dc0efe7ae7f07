import { availableParallelism } from 'node:os'
import { expect, it } from 'vitest'
import { setSettings } from './set-settings.ts'
import { settingProblems } from './setting-problems.ts'
import { defaultSettings } from './settings.ts'

const base = defaultSettings('simple_cnn', 'scratch', 1500)
const cores = availableParallelism()

it('takes as many threads as this computer has cores, and says so of more', () => {
  for (const threads of [0, 1, cores]) {
    expect(settingProblems(setSettings(base, [`threads=${threads}`]))).toEqual([])
  }
  expect(settingProblems({ ...base, threads: cores + 1 })).toEqual([
    `These settings compute with ${cores + 1} threads, and this computer has ${cores} cores; set threads to ${cores} at most, or to 0 for all there are.`,
  ])
})
