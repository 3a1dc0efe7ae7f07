import { join } from 'node:path'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { PhotoPage } from '../../shared/contract-inputs.ts'
import { FleuronError } from '../../shared/errors.ts'
import type { Photo, PhotoFilter, PhotoMark, PhotoOrder } from '../../shared/photo.ts'
import type { Split, UnreadablePhoto } from '../../shared/project.ts'
import type { Changes } from './changes.ts'
import { execute, row, rows, transaction } from './database.ts'
import { newId } from './ids.ts'
import { naturalKey, searchable } from './natural-order.ts'

/** What is stored of a photo's file and its place in training. */
export interface StoredPhoto {
  key: number
  id: string
  path: string
  classId: string | null
  split: Split | null
  excluded: boolean
  unreadable: string | null
  missing: boolean
  size: number
  /** Milliseconds since 1970. */
  modified: number
  /** SHA-256 in hexadecimal digits; null until the file was read. */
  hash: string | null
}

export interface NewPhoto {
  /** Relative to the folder, forward slashes. */
  path: string
  classId: string | null
  split: Split | null
  size: number
  modified: number
}

/** What was found in a file; what is left out stays as it is. */
export interface FileFindings {
  path?: string
  size?: number
  modified?: number
  hash?: string | null
  width?: number | null
  height?: number | null
  /** Milliseconds since 1970. */
  taken?: number
  unreadable?: string | null
  missing?: boolean
}

export interface PhotoCounts {
  photos: number
  labelled: number
  excluded: number
  splits: Record<Split, number>
}

export interface LabelledCount {
  classId: string
  split: Split | null
  readable: boolean
  photos: number
}

export const goneSentence = 'The file is gone; put it back or exclude the photo.'

const photoColumns = `id, name, path, class_id AS classId, split, excluded, flagged, unreadable, width, height,
  class_id IS NOT NULL AND class_id IS right_class AS foundRight`
const storedColumns = `key, id, path, class_id AS classId, split, excluded, unreadable, missing, size, modified, hash`

type Flags<T, K extends keyof T> = Omit<T, K> & Record<K, number>

const toPhoto = (found: Flags<Photo, 'excluded' | 'flagged' | 'foundRight'>): Photo => ({
  ...found,
  foundRight: found.foundRight === 1,
  excluded: found.excluded === 1,
  flagged: found.flagged === 1,
})
const toStored = (found: Flags<StoredPhoto, 'excluded' | 'missing'>): StoredPhoto => ({
  ...found,
  excluded: found.excluded === 1,
  missing: found.missing === 1,
})

const orderColumns = { name: 'sort, key', date: 'date, key' } as const

/** What is marked in a list of that order, and how the marks follow each other. */
const marked: Partial<Record<PhotoOrder, { at: string; by: string }>> = {
  date: { at: `strftime('%Y-%m', date / 1000, 'unixepoch')`, by: 'min(date)' },
  class: { at: 'class_id', by: 'position IS NULL, position, class_id' },
}

function condition(filter: PhotoFilter): { where: string; values: SQLInputValue[] } {
  const parts: string[] = []
  const values: SQLInputValue[] = []
  const add = (sql: string, ...bound: SQLInputValue[]): void => {
    parts.push(sql)
    values.push(...bound)
  }
  if (filter.classId === 'none') add('class_id IS NULL')
  else if (filter.classId !== undefined) add('class_id = ?', filter.classId)
  if (filter.split !== undefined) add('split = ?', filter.split)
  if (filter.excluded !== undefined) add('excluded = ?', Number(filter.excluded))
  if (filter.flagged !== undefined) add('flagged = ?', Number(filter.flagged))
  if (filter.unreadable !== undefined) add(filter.unreadable ? 'unreadable IS NOT NULL' : 'unreadable IS NULL')
  if (filter.text) add('instr(folded, ?) > 0', searchable(filter.text))
  return { where: parts.length > 0 ? `WHERE ${parts.join(' AND ')}` : '', values }
}

/** The photos of a project. Their labels are changed through `Labels`; here stand their files, splits and the reading. */
export class Photos {
  readonly #database: DatabaseSync
  readonly #folder: string
  readonly #changes: Changes

  constructor(database: DatabaseSync, folder: string, changes: Changes) {
    this.#database = database
    this.#folder = folder
    this.#changes = changes
  }

  page({ filter, order, offset, limit }: PhotoPage): { total: number; photos: Photo[] } {
    const { where, values } = condition(filter)
    const total = row<{ total: number }>(this.#database, `SELECT count(*) AS total FROM photo ${where}`, ...values)
    const photos = this.#listed<Parameters<typeof toPhoto>[0]>(photoColumns, filter, order, offset, limit)
    return { total: total?.total ?? 0, photos: photos.map(toPhoto) }
  }

  /** Every id the filter lets through, in order. */
  ids(filter: PhotoFilter, order: PhotoOrder): string[] {
    return this.#listed<{ id: string }>('id', filter, order, 0, Number.MAX_SAFE_INTEGER).map(({ id }) => id)
  }

  /** Where classes or months (UTC, as the order is) begin in the list of `ids`; by name there are no marks. */
  marks(filter: PhotoFilter, order: PhotoOrder): PhotoMark[] {
    const { at, by } = marked[order] ?? {}
    if (at === undefined || by === undefined) return []
    const { where, values } = condition(filter)
    const groups = rows<{ at: string | null; photos: number }>(
      this.#database,
      `SELECT ${at} AS at, count(*) AS photos FROM photo LEFT JOIN class ON class.id = class_id ${where} GROUP BY ${at} ORDER BY ${by}`,
      ...values,
    )
    let index = 0
    return groups.map((group) => {
      const mark = { index, at: group.at }
      index += group.photos
      return mark
    })
  }

  /** These photos in the order of the ids; unknown ids are left out. */
  get(ids: readonly string[]): Photo[] {
    const found = rows<Parameters<typeof toPhoto>[0]>(
      this.#database,
      `SELECT ${photoColumns} FROM photo WHERE id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(ids),
    )
    const byId = new Map(found.map((photo) => [photo.id, photo]))
    return ids.flatMap((id) => {
      const photo = byId.get(id)
      return photo ? [toPhoto(photo)] : []
    })
  }

  /** Absolute path of a photo whose relative path is given. */
  absolute(path: string): string {
    return join(this.#folder, path)
  }

  /** @throws FleuronError 'not-found' */
  stored(id: string): StoredPhoto {
    const found = row<Parameters<typeof toStored>[0]>(
      this.#database,
      `SELECT ${storedColumns} FROM photo WHERE id = ?`,
      id,
    )
    if (!found) throw new FleuronError('not-found', 'This photo is not in the project; look at the folder again.')
    return toStored(found)
  }

  /** Everything that is stored, in the order of names. */
  allStored(): StoredPhoto[] {
    return rows<Parameters<typeof toStored>[0]>(
      this.#database,
      `SELECT ${storedColumns} FROM photo ORDER BY sort, key`,
    ).map(toStored)
  }

  /** Labelled photos that are not excluded, in the order of names. */
  labelled(): StoredPhoto[] {
    return rows<Parameters<typeof toStored>[0]>(
      this.#database,
      `SELECT ${storedColumns} FROM photo WHERE class_id IS NOT NULL AND excluded = 0 ORDER BY sort, key`,
    ).map(toStored)
  }

  /** Photos whose content has not been read yet. */
  unread(): StoredPhoto[] {
    return rows<Parameters<typeof toStored>[0]>(
      this.#database,
      `SELECT ${storedColumns} FROM photo WHERE hash IS NULL AND unreadable IS NULL ORDER BY key`,
    ).map(toStored)
  }

  unreadable(): UnreadablePhoto[] {
    return rows<UnreadablePhoto>(
      this.#database,
      'SELECT path, unreadable AS reason FROM photo WHERE unreadable IS NOT NULL ORDER BY path',
    )
  }

  counts(): PhotoCounts {
    const found = row<Record<'photos' | 'labelled' | 'excluded' | Split, number | null>>(
      this.#database,
      `SELECT count(*) AS photos, sum(class_id IS NOT NULL AND excluded = 0) AS labelled, sum(excluded) AS excluded,
         sum(split = 'train') AS train, sum(split = 'validation') AS validation, sum(split = 'test') AS test
       FROM photo`,
    )
    return {
      photos: found?.photos ?? 0,
      labelled: found?.labelled ?? 0,
      excluded: found?.excluded ?? 0,
      splits: { train: found?.train ?? 0, validation: found?.validation ?? 0, test: found?.test ?? 0 },
    }
  }

  /** Labelled photos that are not excluded, counted by class, split and whether they can be read. */
  labelledCounts(): LabelledCount[] {
    return rows<Flags<LabelledCount, 'readable'>>(
      this.#database,
      `SELECT class_id AS classId, split, unreadable IS NULL AS readable, count(*) AS photos
       FROM photo WHERE class_id IS NOT NULL AND excluded = 0 GROUP BY class_id, split, readable`,
    ).map((found) => ({ ...found, readable: found.readable === 1 }))
  }

  /** Adds photos in one transaction; the answer is their ids. */
  add(photos: readonly NewPhoto[]): string[] {
    const ids = transaction(this.#database, () =>
      photos.map(({ path, classId, split, size, modified }) => {
        const id = newId()
        const name = path.slice(path.lastIndexOf('/') + 1)
        execute(
          this.#database,
          `INSERT INTO photo (id, path, name, folded, sort, date, class_id, split, size, modified)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          id,
          path,
          name,
          searchable(name),
          naturalKey(name),
          modified,
          classId,
          split,
          size,
          modified,
        )
        return id
      }),
    )
    if (ids.length > 0) this.#changes.photos('all')
    return ids
  }

  /** Stores what was found in files, in one transaction. */
  update(findings: ReadonlyMap<string, FileFindings>): void {
    if (findings.size === 0) return
    transaction(this.#database, () => {
      for (const [id, found] of findings) this.#updateOne(id, found)
    })
    this.#changes.photos(findings.keys())
  }

  /** Gives photos their place in training; one that has a place keeps it unless it is named here. */
  setSplits(splits: ReadonlyMap<string, Split>): void {
    if (splits.size === 0) return
    transaction(this.#database, () => {
      for (const [id, split] of splits) execute(this.#database, 'UPDATE photo SET split = ? WHERE id = ?', split, id)
    })
    this.#changes.photos(splits.keys())
  }

  /** A part of the ordered list. By class it is read class after class: each of them is in order in an index. */
  #listed<T>(columns: string, filter: PhotoFilter, order: PhotoOrder, offset: number, limit: number): T[] {
    const { where, values } = condition(filter)
    if (order !== 'class') {
      return rows<T>(
        this.#database,
        `SELECT ${columns} FROM photo ${where} ORDER BY ${orderColumns[order]} LIMIT ? OFFSET ?`,
        ...values,
        limit,
        offset,
      )
    }
    const marks = this.marks(filter, 'class')
    const found: T[] = []
    for (const [mark, { index, at }] of marks.entries()) {
      const end = marks[mark + 1]?.index ?? Infinity
      const left = limit - found.length
      if (end <= offset || left <= 0) continue
      const inClass = { ...filter, classId: at ?? 'none' }
      found.push(...this.#listed<T>(columns, inClass, 'name', Math.max(0, offset - index), left))
    }
    return found
  }

  #updateOne(id: string, found: FileFindings): void {
    const columns: [string, SQLInputValue][] = []
    if (found.path !== undefined) {
      const name = found.path.slice(found.path.lastIndexOf('/') + 1)
      columns.push(['path', found.path], ['name', name], ['folded', searchable(name)], ['sort', naturalKey(name)])
    }
    if (found.size !== undefined) columns.push(['size', found.size])
    if (found.modified !== undefined) columns.push(['modified', found.modified])
    if (found.hash !== undefined) columns.push(['hash', found.hash])
    if (found.width !== undefined) columns.push(['width', found.width])
    if (found.height !== undefined) columns.push(['height', found.height])
    if (found.taken !== undefined) columns.push(['date', found.taken])
    if (found.unreadable !== undefined) columns.push(['unreadable', found.unreadable])
    if (found.missing !== undefined) columns.push(['missing', Number(found.missing)])
    if (columns.length === 0) return
    execute(
      this.#database,
      `UPDATE photo SET ${columns.map(([name]) => `${name} = ?`).join(', ')} WHERE id = ?`,
      ...columns.map(([, value]) => value),
      id,
    )
  }
}
