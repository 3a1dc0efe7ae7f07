import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import type { NewPhoto } from './photos.ts'
import { Project } from './project.ts'

/** A folder that is gone when the test has finished. */
export function temporaryFolder(name = 'fleuron-test-'): string {
  const folder = mkdtempSync(join(tmpdir(), name))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An empty project that is closed when the test has finished. */
export function temporaryProject(): Project {
  const project = Project.create({ directory: temporaryFolder(), name: 'Test', folder: temporaryFolder() })
  onTestFinished(() => project.close())
  return project
}

export const newPhoto = (path: string, more: Partial<NewPhoto> = {}): NewPhoto => ({
  path,
  classId: null,
  split: null,
  size: 1,
  modified: 1_750_000_000_000,
  ...more,
})

/** Very many photos without files, put in by one statement; class after class gets one. */
export function fillProject(project: Project, count: number, classes: readonly string[] = []): void {
  project.database
    .prepare(
      `WITH RECURSIVE number (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :count)
       INSERT INTO photo (id, path, name, folded, sort, date, class_id, size, modified)
       SELECT 'photo' || n, 'folder/IMG_' || n || '.jpg', 'IMG_' || n || '.jpg', 'img_' || n || '.jpg',
         printf('img_%06d', (n * 7919) % :count), 1.7e12 + (n % 1000) * 1e7,
         (SELECT value FROM json_each(:classes) WHERE json_each.key = n % max(1, json_array_length(:classes))), 1, 1
       FROM number`,
    )
    .run({ count, classes: JSON.stringify(classes) })
}

/** A script for a process of its own; `imports` are files beside this one, bound by their export's name. */
const script = (imports: Record<string, string>, body: string): string[] => {
  const lines = Object.entries(imports).map(
    ([name, file]) => `import { ${name} } from ${JSON.stringify(new URL(file, import.meta.url).href)}`,
  )
  return ['--no-warnings', '--input-type=module', '-e', [...lines, body].join('\n')]
}

/** Runs a script in another process and answers with what it printed. */
export async function inProcess(imports: Record<string, string>, body: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, script(imports, body))
  return stdout
}

/** Starts a script in another process that is ended, if it still runs, with the test. */
export function startProcess(imports: Record<string, string>, body: string): ChildProcess {
  const child = spawn(process.execPath, script(imports, body), { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}
