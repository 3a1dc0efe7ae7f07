import type { DatabaseSync } from 'node:sqlite'
import { FleuronError } from '../../shared/errors.ts'
import type { ClassInfo } from '../../shared/project.ts'
import type { Changes } from './changes.ts'
import type { Classes, StoredClass } from './classes.ts'
import { rows, transaction } from './database.ts'
import { Journal, type LabelChange, type PhotoField } from './journal.ts'

const photosInWords = (count: number): string => (count === 1 ? '1 photo' : `${count.toLocaleString('en')} photos`)

/**
 * Everything a user does to labels and classes. Each action is one transaction together with its entry in the journal,
 * and is on disk when the method returns; each can be undone, also after a restart.
 */
export class Labels {
  readonly #database: DatabaseSync
  readonly #classes: Classes
  readonly #journal: Journal
  readonly #changes: Changes

  constructor(database: DatabaseSync, classes: Classes, changes: Changes) {
    this.#database = database
    this.#classes = classes
    this.#journal = new Journal(database, classes)
    this.#changes = changes
  }

  /** Gives photos a class; null clears. */
  set(photos: readonly string[], classId: string | null): void {
    const name = classId === null ? null : this.#classes.get(classId).name
    this.#setField(photos, 'class_id', classId, (count) =>
      name === null ? `${count} cleared` : `${count} set to ${name}`,
    )
  }

  exclude(photos: readonly string[], excluded: boolean): void {
    this.#setField(photos, 'excluded', Number(excluded), (count) =>
      excluded ? `${count} excluded` : `${count} included again`,
    )
  }

  flag(photos: readonly string[], flagged: boolean): void {
    this.#setField(photos, 'flagged', Number(flagged), (count) => (flagged ? `${count} flagged` : `${count} unflagged`))
  }

  /** Notes that photos were looked at and their class found right; null takes the note back. */
  confirm(photos: readonly string[], classId: string | null): void {
    if (classId !== null) this.#classes.get(classId)
    this.#setField(photos, 'right_class', classId, (count) =>
      classId === null ? `${count} no longer found right` : `${count} found right`,
    )
  }

  createClass(name: string): ClassInfo {
    this.#classes.checkName(name)
    const after = this.#classes.draft(name)
    this.#record(`Class ${name} made`, { photos: null, classes: [{ before: null, after }] }, [])
    return { ...after, count: 0 }
  }

  renameClass(classId: string, name: string): void {
    const before = this.#classes.get(classId)
    if (before.name === name) return
    this.#classes.checkName(name, classId)
    const classes = [{ before, after: { ...before, name } }]
    this.#record(`Class ${before.name} renamed to ${name}`, { photos: null, classes }, [])
  }

  mergeClasses(from: string, into: string): void {
    if (from === into) throw new FleuronError('invalid-input', 'A class cannot be merged into itself; choose another.')
    const before = this.#classes.get(from)
    this.#leaveClass(before, into, `${before.name} merged into ${this.#classes.get(into).name}`)
  }

  removeClass(classId: string): void {
    const before = this.#classes.get(classId)
    this.#leaveClass(before, null, `Class ${before.name} removed`)
  }

  /** Gives a class its key; a class that had this key gets the old key of the first. */
  setKey(classId: string, key: string | null): void {
    const before = this.#classes.get(classId)
    const wanted = key?.toLowerCase() ?? null
    if (before.key === wanted) return
    if (wanted !== null) this.#classes.checkKey(wanted)
    const classes: LabelChange['classes'] = [{ before, after: { ...before, key: wanted } }]
    const other = this.#classes.stored().find((candidate) => candidate.key !== null && candidate.key === wanted)
    if (other) classes.push({ before: other, after: { ...other, key: before.key } })
    const label = wanted === null ? `Key of ${before.name} removed` : `Key ${wanted} given to ${before.name}`
    this.#record(label, { photos: null, classes }, [])
  }

  /** Takes the last action back; the answer is what it was, or null when there is none. */
  undo(): { label: string } | null {
    return this.#step(() => this.#journal.undo())
  }

  redo(): { label: string } | null {
    return this.#step(() => this.#journal.redo())
  }

  /** What Undo and Redo would do, in words. */
  history(): { undo: string | null; redo: string | null } {
    return this.#journal.labels()
  }

  #setField(
    photos: readonly string[],
    field: PhotoField,
    after: string | number | null,
    words: (count: string) => string,
  ): void {
    const found = rows<{ key: number; id: string; value: string | number | null }>(
      this.#database,
      `SELECT key, id, ${field} AS value FROM photo WHERE id IN (SELECT value FROM json_each(?)) ORDER BY key`,
      JSON.stringify(photos),
    )
    const missing = new Set(photos).size - found.length
    if (missing > 0) {
      throw new FleuronError(
        'not-found',
        `${photosInWords(missing)} of this selection ${missing === 1 ? 'is' : 'are'} not in the project; nothing was changed: select again.`,
      )
    }
    const changed = found.filter(({ value }) => value !== after)
    if (changed.length === 0) return
    const change: LabelChange = { photos: { field, after, before: groupByValue(changed) }, classes: [] }
    this.#record(
      words(photosInWords(changed.length)),
      change,
      changed.map(({ id }) => id),
    )
  }

  /** All photos of a class get another one or none, and the class goes. */
  #leaveClass(before: StoredClass, into: string | null, label: string): void {
    const found = rows<{ key: number; id: string }>(
      this.#database,
      'SELECT key, id FROM photo WHERE class_id = ? ORDER BY key',
      before.id,
    )
    const change: LabelChange = {
      photos: {
        field: 'class_id',
        after: into,
        before: [{ value: before.id, rows: found.map(({ key }) => key) }],
      },
      classes: [{ before, after: null }],
    }
    this.#record(
      label,
      change,
      found.map(({ id }) => id),
    )
  }

  #record(label: string, change: LabelChange, photos: readonly string[]): void {
    transaction(this.#database, () => this.#journal.record(label, change))
    this.#changes.photos(photos)
  }

  #step(move: () => { label: string; change: LabelChange } | null): { label: string } | null {
    const moved = transaction(this.#database, move)
    if (!moved) return null
    const keys = moved.change.photos?.before.flatMap((group) => group.rows) ?? []
    const touched = rows<{ id: string }>(
      this.#database,
      'SELECT id FROM photo WHERE key IN (SELECT value FROM json_each(?))',
      JSON.stringify(keys),
    )
    this.#changes.photos(touched.map(({ id }) => id))
    return { label: moved.label }
  }
}

function groupByValue<V>(found: readonly { key: number; value: V }[]): { value: V; rows: number[] }[] {
  const groups = Map.groupBy(found, ({ value }) => value)
  return [...groups].map(([value, members]) => ({ value, rows: members.map(({ key }) => key) }))
}
