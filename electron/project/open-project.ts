import { resolve } from 'node:path'
import type { Event } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'
import type { Project as ProjectSnapshot } from '../../shared/project.ts'
import type { PhotosChange } from './changes.ts'
import { Emitter } from './emitter.ts'
import type { Library } from './library.ts'
import { Project } from './project.ts'

/** The one project this process has open, or none. Everything that works on "the project" asks here. */
export class OpenProject {
  readonly #library: Library
  readonly #cover: (project: Project) => Promise<string[]>
  readonly #changed = new Emitter<ProjectSnapshot | null>()
  readonly #photosChanged = new Emitter<PhotosChange>()
  readonly #switched = new Emitter<Project | null>()
  #project: Project | null = null
  #unsubscribe: (() => void)[] = []
  /** Takes its time, in which the project is neither open nor free. */
  #leaving: Promise<void> | null = null

  /** The open project changed; null: it was closed. */
  readonly onChanged: Event<ProjectSnapshot | null> = this.#changed.event
  readonly onPhotosChanged: Event<PhotosChange> = this.#photosChanged.event
  /** Another project was opened, or the last one closed. */
  readonly onSwitched: Event<Project | null> = this.#switched.event

  /** `cover` makes a few small pictures (data: URLs) for the list of recent projects. */
  constructor(options: { library: Library; cover: (project: Project) => Promise<string[]> }) {
    this.#library = options.library
    this.#cover = options.cover
  }

  /** @throws FleuronError 'not-ready' when none is open */
  current(): Project {
    if (!this.#project) {
      throw new FleuronError('not-ready', 'No project is open; open a folder of photos or a recent project first.')
    }
    return this.#project
  }

  get(): Project | null {
    return this.#project
  }

  /** Opens a project and closes the one before; when that fails, the one before stays open. */
  async open(directory: string): Promise<Project> {
    await this.#leaving
    if (this.#project?.directory === resolve(directory)) return this.#project
    return this.#switch(Project.open(directory))
  }

  /** Makes a project, in the library unless a directory is named, and opens it. */
  async create(input: { directory?: string | undefined; name: string; folder: string }): Promise<Project> {
    const directory = input.directory ?? this.#library.newDirectory(input.name)
    return this.#switch(Project.create({ directory, name: input.name, folder: input.folder }))
  }

  async close(): Promise<void> {
    await this.#leave()
    // Another one was opened meanwhile.
    if (this.#project !== null) return
    this.#switched.emit(null)
    this.#changed.emit(null)
  }

  /** Brings the list of recent projects up to date, pictures included. */
  async remember(): Promise<void> {
    const project = this.#project
    if (!project) return
    const cover = await this.#cover(project).catch(() => [])
    if (!project.closing.aborted) this.#list(project, cover.length > 0 ? cover : undefined)
  }

  #list(project: Project, cover?: string[] | undefined): void {
    try {
      this.#library.remember(project, cover)
    } catch {
      // The list is a convenience: where it cannot be written, projects are opened by their folder.
    }
  }

  async #switch(next: Project): Promise<Project> {
    await this.#leave()
    this.#project = next
    this.#unsubscribe = [
      next.onChanged((snapshot) => this.#changed.emit(snapshot)),
      next.onPhotosChanged((change) => this.#photosChanged.emit(change)),
    ]
    this.#list(next)
    this.#switched.emit(next)
    this.#changed.emit(next.snapshot())
    return next
  }

  /** Once, however many ask for it: whoever opens a project while the one before is being closed waits for that. */
  #leave(): Promise<void> {
    this.#leaving ??= this.#letGo().finally(() => {
      this.#leaving = null
    })
    return this.#leaving
  }

  async #letGo(): Promise<void> {
    const project = this.#project
    if (!project) return
    await this.remember()
    this.#project = null
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    project.close()
  }
}
