import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import envPaths from 'env-paths'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import type { ProjectSummary } from '../../shared/project.ts'
import { isProject, type Project } from './project.ts'
import { freeName, safeName } from './safe-name.ts'

/** FLEURON_HOME, or the folder that the platform has for an application's data. */
export const fleuronHome = (): string =>
  process.env.FLEURON_HOME ? resolve(process.env.FLEURON_HOME) : envPaths('fleuron', { suffix: '' }).data

const storedSummary = z.object({
  id: z.string(),
  name: z.string(),
  directory: z.string(),
  folder: z.string(),
  photos: z.number(),
  labelled: z.number(),
  openedAt: z.string(),
  bestAccuracy: z.number().nullable(),
  cover: z.array(z.string()),
})
const libraryFile = z.object({ recent: z.array(storedSummary) })
type StoredSummary = z.infer<typeof storedSummary>

/** More than this nobody looks through. */
const recentKept = 50

/** The projects this user has opened, and where new ones are made. */
export class Library {
  readonly home: string
  readonly #file: string

  constructor(home: string = fleuronHome()) {
    this.home = home
    this.#file = join(home, 'library.json')
  }

  /** Where projects live that were made without naming a place. */
  get projects(): string {
    return join(this.home, 'projects')
  }

  /** Where the built-in sample is drawn. */
  get sample(): string {
    return join(this.home, 'sample')
  }

  /** A folder for a new project of that name. */
  newDirectory(name: string): string {
    const folder = freeName(safeName(name, 'project'), '', (candidate) => existsSync(join(this.projects, candidate)))
    return join(this.projects, folder)
  }

  /** Projects last opened first; one is available when it and its photographs can be reached. */
  recent(): ProjectSummary[] {
    return this.#read().map((summary) => ({
      ...summary,
      available: isProject(summary.directory) && existsSync(summary.folder),
    }))
  }

  /** The project last opened that was made from this folder. */
  madeFrom(folder: string): ProjectSummary | null {
    const wanted = resolve(folder)
    return this.recent().find((summary) => summary.available && summary.folder === wanted) ?? null
  }

  /** Writes down what the list shows of a project; without `cover` the pictures stay as they were. */
  remember(project: Project, cover?: string[] | undefined): void {
    const { id, name, directory, folder, photos, labelled } = project.snapshot()
    const others = this.#read()
    const before = others.find((other) => other.directory === directory)
    const summary: StoredSummary = {
      id,
      name,
      directory,
      folder,
      photos,
      labelled,
      openedAt: new Date().toISOString(),
      bestAccuracy: project.runs.bestAccuracy(),
      cover: cover ?? before?.cover ?? [],
    }
    this.#write([summary, ...others.filter((other) => other !== before)])
  }

  /** Takes a project off the list; nothing of it is touched. */
  forget(directory: string): void {
    const gone = resolve(directory)
    this.#write(this.#read().filter((summary) => summary.directory !== gone))
  }

  #read(): StoredSummary[] {
    try {
      return libraryFile.parse(JSON.parse(readFileSync(this.#file, 'utf8'))).recent
    } catch {
      // Without the list, or with a damaged one, projects are opened by their folder and come back onto it.
      return []
    }
  }

  #write(recent: StoredSummary[]): void {
    mkdirSync(this.home, { recursive: true })
    writeFileAtomic.sync(this.#file, JSON.stringify({ recent: recent.slice(0, recentKept) }, null, 2) + '\n')
  }
}
