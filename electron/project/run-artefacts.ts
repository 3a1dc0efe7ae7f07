import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { RunArtefact } from '../../shared/run.ts'

/** The files of a run's folder, by path; none when the folder is gone. */
export function listArtefacts(directory: string): RunArtefact[] {
  if (!existsSync(directory)) return []
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true, encoding: 'utf8' })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return { path: relative(directory, path).split(sep).join('/'), bytes: statSync(path).size }
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}
