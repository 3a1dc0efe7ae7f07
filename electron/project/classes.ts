import type { DatabaseSync } from 'node:sqlite'
import { FleuronError } from '../../shared/errors.ts'
import { reservedKeys } from '../../shared/keys.ts'
import type { ClassInfo } from '../../shared/project.ts'
import type { Changes } from './changes.ts'
import { execute, row, rows, transaction } from './database.ts'
import { newId } from './ids.ts'

/** A class as it is stored and journaled. */
export interface StoredClass {
  id: string
  name: string
  key: string | null
  position: number
}

const defaultKeys = [...'123456789bcdefghijklmnopqrstuvwxyz'].filter((key) => !reservedKeys.includes(key))

/** Names that differ in case or Unicode form only are the same name to a reader. */
export const foldName = (name: string): string => name.normalize('NFC').toLowerCase().normalize('NFC').trim()

/** The classes of a project: reading them, and the rules of names and keys. They are changed through `Labels`. */
export class Classes {
  readonly #database: DatabaseSync
  readonly #changes: Changes

  constructor(database: DatabaseSync, changes: Changes) {
    this.#database = database
    this.#changes = changes
  }

  list(): ClassInfo[] {
    return rows<ClassInfo>(
      this.#database,
      `SELECT id, name, key, position,
         (SELECT count(*) FROM photo WHERE class_id = class.id AND excluded = 0) AS count
       FROM class ORDER BY position, name`,
    )
  }

  stored(): StoredClass[] {
    return rows<StoredClass>(this.#database, 'SELECT id, name, key, position FROM class ORDER BY position, name').map(
      (found) => ({ ...found }),
    )
  }

  /** @throws FleuronError 'not-found' */
  get(id: string): StoredClass {
    const found = row<StoredClass>(this.#database, 'SELECT id, name, key, position FROM class WHERE id = ?', id)
    if (!found) throw new FleuronError('not-found', 'This class is no longer in the project; choose another one.')
    return found
  }

  /** Refuses a name that a reader would take for that of another class. */
  checkName(name: string, own?: string): void {
    const folded = foldName(name)
    if (folded === '') throw new FleuronError('invalid-input', 'A class needs a name; type one.')
    const same = this.stored().find((other) => other.id !== own && foldName(other.name) === folded)
    if (!same) return
    throw new FleuronError(
      'conflict',
      same.name === name
        ? `There is already a class ${same.name}; choose another name, or merge the two.`
        : `There is already a class ${same.name}, which differs from ${name} in its spelling only; choose another name, or merge the two.`,
    )
  }

  /** Refuses a key that the Photos screen needs itself. */
  checkKey(key: string): void {
    if (!/^[\p{L}\p{N}]$/u.test(key) || reservedKeys.includes(key.toLowerCase())) {
      const shown = key === ' ' ? 'the space bar' : `“${key}”`
      throw new FleuronError('conflict', `Fleuron uses ${shown} for something else; choose another digit or letter.`)
    }
  }

  /** A class of that name with the next free key and place; it is not stored yet. */
  draft(name: string, beside: readonly StoredClass[] = this.stored()): StoredClass {
    const taken = new Set(beside.map((other) => other.key))
    return {
      id: newId(),
      name,
      key: defaultKeys.find((key) => !taken.has(key)) ?? null,
      position: Math.max(-1, ...beside.map((other) => other.position)) + 1,
    }
  }

  /**
   * A class as undo or redo brings it back. Where a class that was imported meanwhile has its name, it comes back as
   * "Rose 2"; one that was not there comes back without a key that another has now.
   */
  fitting(wanted: StoredClass, isThere: boolean): StoredClass {
    const others = this.stored().filter((other) => other.id !== wanted.id)
    const taken = (name: string): boolean => others.some((other) => other.name === name)
    let { name } = wanted
    for (let number = 2; taken(name); number++) name = `${wanted.name} ${number}`
    const keyTaken = !isThere && others.some((other) => other.key === wanted.key)
    return { ...wanted, name, key: keyTaken ? null : wanted.key }
  }

  /** Adds classes found in the folder's names; this is no action of the user and cannot be undone. */
  import(names: readonly string[]): StoredClass[] {
    const added = transaction(this.#database, () => {
      const all = this.stored()
      return names.map((name) => {
        const drafted = this.draft(name, all)
        all.push(drafted)
        this.put(drafted)
        return drafted
      })
    })
    this.#changes.project()
    return added
  }

  /** Stores a class as it is given; the caller holds the transaction. */
  put({ id, name, key, position }: StoredClass): void {
    execute(
      this.#database,
      `INSERT INTO class (id, name, key, position) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, key = excluded.key, position = excluded.position`,
      id,
      name,
      key,
      position,
    )
  }

  /** Removes a class; photos that still have it lose their label. The caller holds the transaction. */
  delete(id: string): void {
    execute(this.#database, 'DELETE FROM class WHERE id = ?', id)
  }
}
