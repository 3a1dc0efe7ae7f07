import type { DatabaseSync } from 'node:sqlite'
import { FleuronError } from '../../shared/errors.ts'
import {
  decisions,
  type Decision,
  type FieldPhoto,
  type FieldSession,
  type Precision,
} from '../../shared/prediction.ts'
import { execute, row, rows, transaction } from '../project/database.ts'
import { newId } from '../project/ids.ts'
import { predictionOf } from './classify-folder.ts'
import type { ClassifyEvent } from './classify-job.ts'

export interface NewSession {
  readonly run: string
  readonly precision: Precision
  readonly title: string
  /** Absolute. */
  readonly folder: string
  /** The photos lie in the project's cache, under names that were given to them. */
  readonly dropped: boolean
  /** How many the model knows. */
  readonly classes: number
  readonly rejector: string
  /** Relative to the folder, and as they are shown. */
  readonly photos: readonly { readonly path: string; readonly name: string }[]
}

export interface PhotoQuery {
  readonly session: string
  readonly decision?: Decision | undefined
  readonly offset: number
  readonly limit: number
}

interface SessionRow {
  id: string
  run: string
  precision: Precision
  title: string
  state: FieldSession['state']
  seconds: number
  rejector: string
  classes: number
}

interface PhotoRow {
  place: number
  path: string
  name: string
  decision: Decision
  class: string
  probability: number
  score: number
  top: string
  classes: number
}

/** What models said of field photos, in the project's database. */
export class FieldSessions {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Begins a session: on disk, 'running', with all its photos. */
  create(begin: NewSession, id = newId()): FieldSession {
    const { run, precision, title, folder, dropped, classes, rejector, photos } = begin
    transaction(this.#database, () => {
      execute(
        this.#database,
        `INSERT INTO field_session (id, number, run, precision, title, folder, dropped, classes, rejector, state, started_at)
         VALUES (?, (SELECT ifnull(max(number), 0) + 1 FROM field_session), ?, ?, ?, ?, ?, ?, ?, 'running', ?)`,
        id,
        run,
        precision,
        title,
        folder,
        Number(dropped),
        classes,
        rejector,
        new Date().toISOString(),
      )
      const insert = 'INSERT INTO field_photo (session, place, path, name) VALUES (?, ?, ?, ?)'
      photos.forEach(({ path, name }, place) => execute(this.#database, insert, id, place, path, name))
    })
    return this.get(id)
  }

  /** Adds what is new; on disk when it returns. */
  add(session: string, { classified, unreadable }: ClassifyEvent, seconds: number): void {
    transaction(this.#database, () => {
      for (const found of classified) {
        execute(
          this.#database,
          `UPDATE field_photo SET decision = ?, class = ?, probability = ?, score = ?, top = ?
           WHERE session = ? AND place = ?`,
          found.decision,
          found.class,
          found.probability,
          found.known,
          JSON.stringify(found.top),
          session,
          found.index,
        )
      }
      for (const { index, reason } of unreadable) {
        const sql = 'UPDATE field_photo SET unreadable = ? WHERE session = ? AND place = ?'
        execute(this.#database, sql, reason, session, index)
      }
      execute(this.#database, 'UPDATE field_session SET seconds = ? WHERE id = ?', seconds, session)
    })
  }

  /** A session that is to go on: its folder, and the photos that nothing is known of yet. @throws FleuronError 'not-found' */
  rest(session: string): { folder: string; dropped: boolean; photos: { place: number; path: string }[] } {
    const found = row<{ folder: string; dropped: number }>(
      this.#database,
      'SELECT folder, dropped FROM field_session WHERE id = ?',
      session,
    )
    if (!found) throw notFound()
    const photos = rows<{ place: number; path: string }>(
      this.#database,
      `SELECT place, path FROM field_photo
       WHERE session = ? AND decision IS NULL AND unreadable IS NULL ORDER BY place`,
      session,
    )
    return { folder: found.folder, dropped: found.dropped === 1, photos }
  }

  goOn(session: string): void {
    execute(this.#database, "UPDATE field_session SET state = 'running' WHERE id = ?", session)
  }

  end(session: string, state: Exclude<FieldSession['state'], 'running'>, seconds: number): void {
    execute(this.#database, 'UPDATE field_session SET state = ?, seconds = ? WHERE id = ?', state, seconds, session)
  }

  /** Ends what was running when its process died: what it found is kept. Only before anything runs. */
  recover(): void {
    execute(this.#database, "UPDATE field_session SET state = 'cancelled' WHERE state = 'running'")
  }

  /** The latest first. */
  list(): FieldSession[] {
    return rows<SessionRow>(this.#database, `${selectSession} ORDER BY number DESC`).map((found) => this.#read(found))
  }

  /** @throws FleuronError 'not-found' */
  get(session: string): FieldSession {
    const found = row<SessionRow>(this.#database, `${selectSession} WHERE id = ?`, session)
    if (!found) throw notFound()
    return this.#read(found)
  }

  /** Classified photos in the order of the folder; the total is that of the query. */
  photos({ session, decision, offset, limit }: PhotoQuery): { total: number; photos: FieldPhoto[] } {
    const which = decision === undefined ? 'decision IS NOT NULL' : 'decision = ?'
    const values = decision === undefined ? [session] : [session, decision]
    const total = row<{ total: number }>(
      this.#database,
      `SELECT count(*) AS total FROM field_photo WHERE session = ? AND ${which}`,
      ...values,
    )
    const page = rows<PhotoRow>(
      this.#database,
      `SELECT place, path, name, decision, class, probability, score, top,
         (SELECT classes FROM field_session WHERE id = session) AS classes
       FROM field_photo WHERE session = ? AND ${which} ORDER BY place LIMIT ? OFFSET ?`,
      ...values,
      limit,
      offset,
    )
    return { total: total?.total ?? 0, photos: page.map(toPhoto) }
  }

  /**
   * Where a photo lies.
   * @throws FleuronError 'not-found'
   */
  file(session: string, place: number): { folder: string; path: string } {
    const found = row<{ folder: string; path: string }>(
      this.#database,
      `SELECT folder, path FROM field_photo JOIN field_session ON field_session.id = session
       WHERE session = ? AND place = ?`,
      session,
      place,
    )
    if (!found) throw notFound()
    return found
  }

  #read(found: SessionRow): FieldSession {
    const counted = rows<{ decision: Decision | null; unreadable: number; photos: number }>(
      this.#database,
      `SELECT decision, unreadable IS NOT NULL AS unreadable, count(*) AS photos FROM field_photo
       WHERE session = ? GROUP BY 1, 2`,
      found.id,
    )
    const sum = (which: (group: (typeof counted)[number]) => boolean): number =>
      counted.filter(which).reduce((total, { photos }) => total + photos, 0)
    const { id, run, precision, title, state, seconds, rejector } = found
    return {
      id,
      run,
      precision,
      title,
      state,
      photos: sum(() => true),
      done: sum(({ decision, unreadable }) => decision !== null || unreadable === 1),
      counts: Object.fromEntries(
        decisions.map((each) => [each, sum(({ decision }) => decision === each)]),
      ) as FieldSession['counts'],
      unreadable: rows<{ path: string; reason: string }>(
        this.#database,
        `SELECT name AS path, unreadable AS reason FROM field_photo
         WHERE session = ? AND unreadable IS NOT NULL ORDER BY place`,
        id,
      ).map(({ path, reason }) => ({ path, reason })),
      seconds,
      rejector,
    }
  }
}

const selectSession = 'SELECT id, run, precision, title, state, seconds, rejector, classes FROM field_session'

const notFound = (): FleuronError =>
  new FleuronError('not-found', 'These field photos are not in the project; choose others from the list.')

function toPhoto(found: PhotoRow): FieldPhoto {
  const top = JSON.parse(found.top) as FieldPhoto['top']
  const { place, path, name, classes, score, ...rest } = found
  return { index: place, name, path, ...predictionOf({ ...rest, known: score, top }, classes) }
}
