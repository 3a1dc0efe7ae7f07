import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { onTestFinished } from 'vitest'
import type { CreateProject } from '../../shared/contract-inputs.ts'
import { Library } from '../project/library.ts'
import { OpenProject } from '../project/open-project.ts'
import type { Project } from '../project/project.ts'
import { Tasks } from '../project/tasks.ts'
import { temporaryFolder } from '../project/testing.ts'
import { createProject } from './import.ts'
import { coverOf } from './thumbnails.ts'

/** A small picture like no other: noise that no two calls share. */
export const noise = (width = 64, height = 48): Sharp =>
  sharp({
    create: { width, height, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 50 } },
  })

export const jpeg = (): Promise<Buffer> => noise().jpeg().toBuffer()

/** Writes files, with their folders; paths are relative to `folder`. */
export function writeFiles(folder: string, files: Record<string, Buffer | string>): void {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
}

/** A folder with distinct photos at these paths. */
export async function photoFolder(paths: readonly string[]): Promise<string> {
  const folder = temporaryFolder()
  for (const path of paths) writeFiles(folder, { [path]: await jpeg() })
  return folder
}

export const numbered = (folder: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${folder}/${index + 1}.jpg`)

export interface Rooms {
  library: Library
  tasks: Tasks
  open: OpenProject
}

/** What stands around a project in the application, closed when the test has finished. */
export function rooms(): Rooms {
  const library = new Library(temporaryFolder())
  const tasks = new Tasks()
  const open = new OpenProject({ library, cover: coverOf })
  onTestFinished(async () => {
    await tasks.close()
    await open.close()
  })
  return { library, tasks, open }
}

/** A project from a folder, with everything read. */
export async function imported(input: CreateProject | string): Promise<Rooms & { project: Project }> {
  const all = rooms()
  const { project, reading } = await createProject(
    all.open,
    all.tasks,
    typeof input === 'string' ? { folder: input } : input,
  )
  await reading.finished
  return { ...all, project }
}

/** Ids by path. */
export const idsByPath = (project: Project): Map<string, string> =>
  new Map(project.photos.allStored().map(({ path, id }) => [path, id]))
