import { accessSync, constants, existsSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Event } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'
import type { Project as ProjectSnapshot } from '../../shared/project.ts'
import { Changes, type PhotosChange } from './changes.ts'
import { Classes } from './classes.ts'
import { execute, openDatabase, row } from './database.ts'
import { Holder, type HolderRecord } from './holder.ts'
import { newId } from './ids.ts'
import { Labels } from './labels.ts'
import { makeFolder } from './make-folder.ts'
import { Photos } from './photos.ts'
import { Queue } from './queue.ts'
import { Runs } from './runs.ts'
import { Studies } from './studies.ts'

const databaseFile = (directory: string): string => join(directory, 'project.db')

/** Whether a folder is a project, open or not. */
export const isProject = (directory: string): boolean => existsSync(databaseFile(directory))

/** A project that is open in this process, which holds it until `close`. */
export class Project {
  readonly id: string
  readonly directory: string
  /** The folder of photographs; it is only read. */
  readonly folder: string
  readonly database: DatabaseSync
  readonly photos: Photos
  readonly classes: Classes
  readonly labels: Labels
  readonly runs: Runs
  readonly studies: Studies
  readonly queue: Queue
  /** Who this process is to the others, and the socket to listen on for their calls. */
  readonly holder: HolderRecord
  readonly #hold: Holder
  readonly #changes = new Changes()
  readonly #closing = new AbortController()
  #folderAvailable: boolean

  readonly onPhotosChanged: Event<PhotosChange> = this.#changes.onPhotos

  private constructor(directory: string, database: DatabaseSync, hold: Holder) {
    this.directory = directory
    this.database = database
    this.#hold = hold
    this.holder = hold.record
    this.id = this.meta('id') ?? ''
    this.folder = this.meta('folder') ?? ''
    this.#folderAvailable = canRead(this.folder)
    this.photos = new Photos(database, this.folder, this.#changes)
    this.classes = new Classes(database, this.#changes)
    this.labels = new Labels(database, this.classes, this.#changes)
    this.runs = new Runs(database, join(directory, 'runs'), this.#changes)
    this.runs.recover()
    this.studies = new Studies(database, this.#changes)
    this.studies.recover()
    this.queue = new Queue(database)
  }

  /**
   * Makes a project for a folder of photographs and opens it; the photos are not looked at yet.
   *
   * @throws FleuronError 'not-found' without the folder, 'not-permitted', 'conflict' when the directory is in use for
   *   something else or lies among the photos
   */
  static create(input: { directory: string; name: string; folder: string }): Project {
    const directory = resolve(input.directory)
    const folder = resolve(input.folder)
    if (!existsSync(folder) || !statSync(folder).isDirectory()) {
      throw new FleuronError('not-found', `There is no folder ${folder}; choose the folder that holds your photos.`)
    }
    checkPlace(directory, folder)
    try {
      makeFolder(directory)
    } catch (error) {
      throw cannotWrite(directory, error)
    }
    return Project.#openHeld(directory, () =>
      openDatabase(databaseFile(directory), (database) => {
        const meta = { id: newId(), name: input.name, folder, createdAt: new Date().toISOString() }
        for (const [key, value] of Object.entries(meta)) {
          execute(database, 'INSERT INTO meta (key, value) VALUES (?, ?)', key, value)
        }
      }),
    )
  }

  /** @throws FleuronError 'not-found', 'in-use', 'unreadable', 'not-permitted' */
  static open(path: string): Project {
    const directory = resolve(path)
    if (!isProject(directory)) {
      throw new FleuronError(
        'not-found',
        `There is no Fleuron project in ${directory}; choose the folder of a project.`,
      )
    }
    return Project.#openHeld(directory, () => openDatabase(databaseFile(directory)))
  }

  static #openHeld(directory: string, open: () => DatabaseSync): Project {
    let hold: Holder
    try {
      hold = Holder.take(directory)
    } catch (error) {
      throw error instanceof FleuronError ? error : cannotWrite(directory, error)
    }
    try {
      mkdirSync(join(directory, 'runs'), { recursive: true })
      mkdirSync(join(directory, 'cache'), { recursive: true })
      return new Project(directory, open(), hold)
    } catch (error) {
      hold.release()
      throw error
    }
  }

  get name(): string {
    return this.meta('name') ?? ''
  }

  /** Aborted when the project closes: work on it must stop before it touches the database again. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Counts, classes, undo, runs or the state of the folder changed; at most ten times a second. */
  readonly onChanged: Event<ProjectSnapshot> = (listener) =>
    this.#changes.onProject(() => {
      listener(this.snapshot())
    })

  /** The project as the window sees it. */
  snapshot(): ProjectSnapshot {
    const { undo, redo } = this.labels.history()
    return {
      id: this.id,
      name: this.name,
      directory: this.directory,
      folder: this.folder,
      folderAvailable: this.#folderAvailable,
      ...this.photos.counts(),
      unreadable: this.photos.unreadable(),
      classes: this.classes.list(),
      undo,
      redo,
    }
  }

  rename(name: string): void {
    this.setMeta('name', name)
    this.#changes.project()
  }

  /** Looks whether the folder of photographs can be reached now. */
  checkFolder(): boolean {
    const available = canRead(this.folder)
    if (available !== this.#folderAvailable) {
      this.#folderAvailable = available
      this.#changes.project()
    }
    return available
  }

  /** A fact of the project that is no label, e.g. how its folder is to be understood. */
  meta(key: string): string | null {
    return row<{ value: string }>(this.database, 'SELECT value FROM meta WHERE key = ?', key)?.value ?? null
  }

  setMeta(key: string, value: string): void {
    execute(
      this.database,
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      key,
      value,
    )
  }

  /** Lets go of the project; everything is on disk already. */
  close(): void {
    if (!this.database.isOpen) return
    this.#closing.abort(new FleuronError('cancelled', 'The project was closed.'))
    this.#changes.close()
    this.database.close()
    this.#hold.release()
  }
}

function canRead(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/** The deepest part of a path that exists, with its links resolved, and the rest as it is. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const parent = dirname(path)
  return parent === path ? path : join(realPath(parent), relative(parent, path))
}

/** Whether `path` is `folder` or lies in it; links are followed. */
export function liesIn(path: string, folder: string): boolean {
  const between = relative(realPath(folder), realPath(path))
  return between !== '..' && !between.startsWith(`..${sep}`) && !isAbsolute(between)
}

function checkPlace(directory: string, folder: string): void {
  if (liesIn(directory, folder)) {
    throw new FleuronError(
      'conflict',
      `The project cannot be kept in ${directory}, among its photos, which Fleuron only reads; choose a place outside of ${folder}.`,
    )
  }
  if (liesIn(folder, directory)) {
    throw new FleuronError(
      'conflict',
      `The photos in ${folder} lie inside the project's own folder; choose another folder for the project.`,
    )
  }
  if (isProject(directory)) {
    throw new FleuronError('conflict', `There is already a project in ${directory}; open it, or choose another folder.`)
  }
  if (existsSync(directory) && (!statSync(directory).isDirectory() || readdirSync(directory).length > 0)) {
    throw new FleuronError(
      'conflict',
      `${directory} is not an empty folder; choose a new or empty one for the project.`,
    )
  }
}

const cannotWrite = (directory: string, error: unknown): FleuronError =>
  new FleuronError(
    'not-permitted',
    `Fleuron cannot write to ${directory}; choose a folder that belongs to you, or change its permissions.`,
    { details: error instanceof Error ? error.message : String(error), cause: error },
  )
