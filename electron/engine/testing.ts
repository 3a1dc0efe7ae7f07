import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, test } from 'vitest'

/** The reference data beside the repository, or wherever FLEURON_SHARED says. Tests read it; nothing is copied. */
export const sharedFolder = resolve(process.env['FLEURON_SHARED'] ?? '../shared')

/** Reads a JSON file of the reference data. */
export function readShared<T>(path: string): T {
  return JSON.parse(readFileSync(join(sharedFolder, path), 'utf8')) as T
}

/**
 * A suite on reference data. Its title says which file was used; without that file the suite is skipped, and standard
 * error says so.
 */
export function describeShared(title: string, path: string, suite: () => void): void {
  if (existsSync(join(sharedFolder, path))) {
    describe(`${title} (against ${path})`, suite)
    return
  }
  process.stderr.write(`NOT RUN: ${title}. There is no ${join(sharedFolder, path)}.\n`)
  test.skip(`${title}: there is no ${path}`, () => {})
}
