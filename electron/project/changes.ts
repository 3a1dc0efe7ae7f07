import type { Event } from '../../shared/contract.ts'
import { Emitter } from './emitter.ts'
import { throttle } from './throttle.ts'

export interface PhotosChange {
  photos: string[] | 'all'
}

/** More ids than this are told as 'all': the window asks again anyway. */
const namedAtMost = 1000
/** An import changes thousands of photos a second; a label is told at once. */
const interval = 100

/** Collects what the stores of a project change and tells it after their transaction. */
export class Changes {
  readonly #project = new Emitter<void>()
  readonly #photos = new Emitter<PhotosChange>()
  #ids: Set<string> | 'all' = new Set()

  readonly #tell = throttle(interval, () => {
    const ids = this.#ids
    this.#ids = new Set()
    if (ids === 'all') this.#photos.emit({ photos: 'all' })
    else if (ids.size > 0) this.#photos.emit({ photos: [...ids] })
    this.#project.emit()
  })

  /** Counts, classes, undo or the state of the folder changed. */
  readonly onProject: Event<void> = this.#project.event
  readonly onPhotos: Event<PhotosChange> = this.#photos.event

  project(): void {
    this.#tell()
  }

  photos(ids: Iterable<string> | 'all'): void {
    if (ids === 'all') this.#ids = 'all'
    else if (this.#ids !== 'all') {
      for (const id of ids) this.#ids.add(id)
      if (this.#ids.size > namedAtMost) this.#ids = 'all'
    }
    this.#tell()
  }

  close(): void {
    this.#tell.cancel()
  }
}
