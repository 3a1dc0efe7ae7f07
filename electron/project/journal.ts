import type { DatabaseSync } from 'node:sqlite'
import { execute, row } from './database.ts'
import type { Classes, StoredClass } from './classes.ts'

export type PhotoField = 'class_id' | 'excluded' | 'flagged' | 'right_class'
type FieldValue = string | number | null

/** One action on the labels, complete enough to be undone and done again. Photos are named by their row. */
export interface LabelChange {
  photos: { field: PhotoField; after: FieldValue; before: { value: FieldValue; rows: number[] }[] } | null
  classes: { before: StoredClass | null; after: StoredClass | null }[]
}

interface Entry {
  id: number
  label: string
  change: string
}

/** Rows as pairs of gap and length: a hundred thousand neighbours are two numbers. */
export function packRows(sorted: readonly number[]): number[] {
  const packed: number[] = []
  let end = 0
  for (const value of sorted) {
    if (packed.length > 0 && value === end) packed[packed.length - 1] = (packed.at(-1) ?? 0) + 1
    else packed.push(value - end, 1)
    end = value + 1
  }
  return packed
}

export function unpackRows(packed: readonly number[]): number[] {
  const values: number[] = []
  let next = 0
  for (let index = 0; index < packed.length; index += 2) {
    next += packed[index] ?? 0
    for (let left = packed[index + 1] ?? 0; left > 0; left--) values.push(next++)
  }
  return values
}

/** The actions on labels in their order. Callers hold the transaction. */
export class Journal {
  readonly #database: DatabaseSync
  readonly #classes: Classes

  constructor(database: DatabaseSync, classes: Classes) {
    this.#database = database
    this.#classes = classes
  }

  /** Does an action and writes it down; what had been undone can no longer be redone. */
  record(label: string, change: LabelChange): void {
    this.#apply(change, 'after')
    const stored: LabelChange = {
      ...change,
      photos: change.photos && {
        ...change.photos,
        before: change.photos.before.map(({ value, rows }) => ({ value, rows: packRows(rows) })),
      },
    }
    execute(this.#database, 'DELETE FROM journal WHERE undone = 1')
    execute(
      this.#database,
      'INSERT INTO journal (at, label, change) VALUES (?, ?, ?)',
      new Date().toISOString(),
      label,
      JSON.stringify(stored),
    )
  }

  /** What Undo and Redo would do, in words. */
  labels(): { undo: string | null; redo: string | null } {
    const words = (sql: string): string | null => row<{ label: string }>(this.#database, sql)?.label ?? null
    return {
      undo: words('SELECT label FROM journal WHERE undone = 0 ORDER BY id DESC LIMIT 1'),
      redo: words('SELECT label FROM journal WHERE undone = 1 ORDER BY id LIMIT 1'),
    }
  }

  undo(): { label: string; change: LabelChange } | null {
    return this.#move(this.#last(), 'before')
  }

  redo(): { label: string; change: LabelChange } | null {
    return this.#move(this.#firstUndone(), 'after')
  }

  #last(): Entry | undefined {
    return row<Entry>(this.#database, 'SELECT id, label, change FROM journal WHERE undone = 0 ORDER BY id DESC LIMIT 1')
  }

  #firstUndone(): Entry | undefined {
    return row<Entry>(this.#database, 'SELECT id, label, change FROM journal WHERE undone = 1 ORDER BY id LIMIT 1')
  }

  #move(entry: Entry | undefined, side: 'before' | 'after'): { label: string; change: LabelChange } | null {
    if (!entry) return null
    const stored = JSON.parse(entry.change) as LabelChange
    const change: LabelChange = {
      ...stored,
      photos: stored.photos && {
        ...stored.photos,
        before: stored.photos.before.map(({ value, rows }) => ({ value, rows: unpackRows(rows) })),
      },
    }
    this.#apply(change, side)
    execute(this.#database, 'UPDATE journal SET undone = ? WHERE id = ?', Number(side === 'before'), entry.id)
    return { label: entry.label, change }
  }

  #apply({ photos, classes }: LabelChange, side: 'before' | 'after'): void {
    // Classes that photos will have must be there first, those that they leave go last.
    for (const change of classes) {
      const wanted = change[side]
      if (wanted) {
        const isThere = (side === 'before' ? change.after : change.before) !== null
        this.#classes.put(this.#classes.fitting(wanted, isThere))
      }
    }
    if (photos) {
      const { field, after, before } = photos
      const set = `UPDATE photo SET ${field} = ? WHERE key IN (SELECT value FROM json_each(?))`
      for (const { value, rows } of before) {
        execute(this.#database, set, side === 'before' ? value : after, JSON.stringify(rows))
      }
    }
    for (const change of classes) {
      const gone = side === 'before' ? change.after : change.before
      if (gone && !change[side]) this.#classes.delete(gone.id)
    }
  }
}
