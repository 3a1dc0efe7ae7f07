import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { FleuronError } from '../../shared/errors.ts'
import { migrations } from './migrations.ts'

interface Prepared {
  statement: StatementSync
  /** Names of the columns of its rows. */
  columns: string[]
}

const statements = new WeakMap<DatabaseSync, Map<string, Prepared>>()

function prepared(database: DatabaseSync, sql: string): Prepared {
  let cache = statements.get(database)
  if (!cache) statements.set(database, (cache = new Map()))
  let found = cache.get(sql)
  if (!found) {
    const statement = database.prepare(sql)
    // Objects made by node:sqlite have no prototype and are slow to copy; made from arrays they cost a quarter.
    statement.setReturnArrays(true)
    cache.set(sql, (found = { statement, columns: statement.columns().map(({ name }) => name) }))
  }
  return found
}

/** What is wrong with the file or its disk, for the user; any other error as it is. */
function inWords(database: DatabaseSync, error: unknown): unknown {
  if (!(error instanceof Error && 'errcode' in error)) return error
  const file = database.isOpen ? (database.location() ?? '') : ''
  const options = { details: error.message, cause: error }
  // The low byte is the kind of fault (https://sqlite.org/rescode.html).
  switch (Number(error.errcode) & 0xff) {
    case 8 /* SQLITE_READONLY */:
      return new FleuronError('not-permitted', `Fleuron may not write to ${file}; change its permissions.`, options)
    case 10 /* SQLITE_IOERR */:
      return new FleuronError('unreadable', `The disk of ${file} does not answer; connect it and try again.`, options)
    case 11 /* SQLITE_CORRUPT */:
    case 26 /* SQLITE_NOTADB */:
      return damaged(file, options)
    case 13 /* SQLITE_FULL */:
      return new FleuronError('not-permitted', `The disk of ${file} is full; make room and try again.`, options)
    default:
      return error
  }
}

const damaged = (file: string, options: { details: string; cause: unknown }): FleuronError =>
  new FleuronError(
    'unreadable',
    `The project file ${file} cannot be read; bring it back from a copy, or make the project again from its photos.`,
    options,
  )

function attempt<T>(database: DatabaseSync, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw inWords(database, error)
  }
}

function toObject(columns: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (let index = 0; index < columns.length; index++) object[columns[index] ?? ''] = values[index]
  return object
}

/** All rows of a query, typed by the caller, who wrote the SQL. */
export function rows<T>(database: DatabaseSync, sql: string, ...values: SQLInputValue[]): T[] {
  return attempt(database, () => {
    const { statement, columns } = prepared(database, sql)
    const found = statement.all(...values) as unknown as unknown[][]
    return found.map((one) => toObject(columns, one) as T)
  })
}

export function row<T>(database: DatabaseSync, sql: string, ...values: SQLInputValue[]): T | undefined {
  return attempt(database, () => {
    const { statement, columns } = prepared(database, sql)
    const found = statement.get(...values) as unknown as unknown[] | undefined
    return found && (toObject(columns, found) as T)
  })
}

/** Runs a statement; the answer is the number of rows it changed. */
export const execute = (database: DatabaseSync, sql: string, ...values: SQLInputValue[]): number =>
  attempt(database, () => Number(prepared(database, sql).statement.run(...values).changes))

/** All or nothing. Within another transaction it is part of that one. On disk when it returns (synchronous=FULL). */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  if (database.isTransaction) return work()
  try {
    database.exec('BEGIN IMMEDIATE')
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw inWords(database, error)
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
    // Looked at before anything is set: a file that is not ours stays as it is.
    checkVersion(database, file, prepare !== undefined)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -64000')
    migrate(database, prepare)
    return database
  } catch (error) {
    database?.close()
    if (error instanceof FleuronError) throw error
    throw damaged(file, { details: error instanceof Error ? error.message : String(error), cause: error })
  }
}

const versionOf = (database: DatabaseSync): number =>
  Number(row<{ user_version: number }>(database, 'PRAGMA user_version')?.user_version)

function checkVersion(database: DatabaseSync, file: string, mayBeNew: boolean): void {
  const version = versionOf(database)
  if (version > migrations.length) {
    throw new FleuronError(
      'unreadable',
      `This project was made by a newer Fleuron (format ${version}; this one reads up to ${migrations.length}); update Fleuron to open it.`,
      { details: file },
    )
  }
  if (version === 0 && !mayBeNew)
    throw new FleuronError('unreadable', `${file} is not a Fleuron project; choose another folder.`)
}

function migrate(database: DatabaseSync, prepare?: (database: DatabaseSync) => void): void {
  const version = versionOf(database)
  if (version === migrations.length) return
  transaction(database, () => {
    for (const sql of migrations.slice(version)) database.exec(sql)
    database.exec(`PRAGMA user_version = ${migrations.length}`)
    if (version === 0) prepare?.(database)
  })
}
