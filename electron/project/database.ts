import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { FleuronError } from '../../shared/errors.ts'
import { migrations } from './migrations.ts'

const statements = new WeakMap<DatabaseSync, Map<string, StatementSync>>()

function prepared(database: DatabaseSync, sql: string): StatementSync {
  let cache = statements.get(database)
  if (!cache) statements.set(database, (cache = new Map()))
  let statement = cache.get(sql)
  if (!statement) cache.set(sql, (statement = database.prepare(sql)))
  return statement
}

/** All rows of a query, typed by the caller, who wrote the SQL. They have no prototype: spread those that leave the room. */
export const rows = <T>(database: DatabaseSync, sql: string, ...values: SQLInputValue[]): T[] =>
  prepared(database, sql).all(...values) as T[]

export const row = <T>(database: DatabaseSync, sql: string, ...values: SQLInputValue[]): T | undefined =>
  prepared(database, sql).get(...values) as T | undefined

/** Runs a statement; the answer is the number of rows it changed. */
export const execute = (database: DatabaseSync, sql: string, ...values: SQLInputValue[]): number =>
  Number(prepared(database, sql).run(...values).changes)

/** All or nothing. Within another transaction it is part of that one. On disk when it returns (synchronous=FULL). */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  if (database.isTransaction) return work()
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/**
 * Opens a project's database and brings it up to date; `prepare` fills a new one within the same transaction.
 *
 * @throws FleuronError 'unreadable' when it is damaged or was written by a newer Fleuron
 */
export function openDatabase(file: string, prepare?: (database: DatabaseSync) => void): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: 5000 })
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000')
    migrate(database, file, prepare)
    return database
  } catch (error) {
    database?.close()
    if (error instanceof FleuronError) throw error
    throw new FleuronError(
      'unreadable',
      `The project file ${file} cannot be read; bring it back from a copy, or make the project again from its photos.`,
      { details: error instanceof Error ? error.message : String(error), cause: error },
    )
  }
}

function migrate(database: DatabaseSync, file: string, prepare?: (database: DatabaseSync) => void): void {
  const version = Number(row<{ user_version: number }>(database, 'PRAGMA user_version')?.user_version)
  if (version > migrations.length) {
    throw new FleuronError(
      'unreadable',
      `This project was made by a newer Fleuron (format ${version}; this one reads up to ${migrations.length}); update Fleuron to open it.`,
      { details: file },
    )
  }
  if (version === 0 && !prepare)
    throw new FleuronError('unreadable', `${file} is not a Fleuron project; choose another folder.`)
  if (version === migrations.length) return
  transaction(database, () => {
    for (const sql of migrations.slice(version)) database.exec(sql)
    database.exec(`PRAGMA user_version = ${migrations.length}`)
    if (version === 0) prepare?.(database)
  })
}
