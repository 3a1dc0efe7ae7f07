import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { FleuronError } from '../../shared/errors.ts'

const holderRecord = z.object({
  pid: z.int().positive(),
  /** Where the holder answers calls: a Unix socket, or a named pipe on Windows. */
  socket: z.string(),
  /** ISO 8601. */
  since: z.string(),
})
/** What `holder.json` says of the process that holds a project. */
export type HolderRecord = z.infer<typeof holderRecord>

const recordFile = (directory: string): string => join(directory, 'holder.json')
const lockFile = (directory: string): string => join(directory, 'holder.lock')

/**
 * A path nobody can guess or occupy beforehand. It cannot lie in the project's folder: sockets have names of about a
 * hundred bytes at most.
 */
function newSocketPath(): string {
  const name = `fleuron-${randomBytes(8).toString('hex')}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`)
}

/**
 * The right to a project, for one process at a time. It is a lock of the operating system on `holder.lock` (taken by
 * SQLite, which knows how on every platform), so it ends with the process, however that ends: a crash leaves nothing to
 * clear away, and a process number that was given out again means nothing. `holder.json` only says who it is.
 */
export class Holder {
  readonly record: HolderRecord
  readonly #directory: string
  readonly #lock: DatabaseSync

  private constructor(directory: string, lock: DatabaseSync, record: HolderRecord) {
    this.#directory = directory
    this.#lock = lock
    this.record = record
  }

  /** @throws FleuronError 'in-use' when another process, or this one, holds the project already */
  static take(directory: string): Holder {
    const lock = tryLock(directory, 'EXCLUSIVE', patience)
    if (!lock) throw inUse(directory)
    const record: HolderRecord = { pid: process.pid, socket: newSocketPath(), since: new Date().toISOString() }
    try {
      writeFileAtomic.sync(recordFile(directory), JSON.stringify(record, null, 2) + '\n', { mode: 0o600 })
    } catch (error) {
      lock.close()
      throw error
    }
    return new Holder(directory, lock, record)
  }

  release(): void {
    if (!this.#lock.isOpen) return
    // First the name, then the right: the next holder's name must not be removed.
    rmSync(recordFile(this.#directory), { force: true })
    this.#lock.close()
  }
}

/** Who holds this project, or null when nobody does; what a crashed process left behind counts as nobody. */
export function holderOf(directory: string): HolderRecord | null {
  if (!existsSync(lockFile(directory))) return null
  const lock = tryLock(directory, 'SHARED', 0)
  lock?.close()
  return lock ? null : readRecord(directory)
}

/** Milliseconds: one who only asks has the file for an instant, which must not look like a holder. */
const patience = 300

/** The lock, or null when another has it. Who only asks takes a shared one, so that two who ask do not meet. */
function tryLock(directory: string, kind: 'EXCLUSIVE' | 'SHARED', timeout: number): DatabaseSync | null {
  const lock = new DatabaseSync(lockFile(directory), { timeout })
  try {
    if (kind === 'EXCLUSIVE') lock.exec('BEGIN EXCLUSIVE')
    else lock.prepare('SELECT count(*) FROM sqlite_schema').get()
    return lock
  } catch (error) {
    lock.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === 5 /* SQLITE_BUSY */) return null
    throw error
  }
}

function readRecord(directory: string): HolderRecord | null {
  try {
    return holderRecord.parse(JSON.parse(readFileSync(recordFile(directory), 'utf8')))
  } catch {
    return null
  }
}

function inUse(directory: string): FleuronError {
  const record = readRecord(directory)
  const who =
    record === null
      ? 'another Fleuron'
      : record.pid === process.pid
        ? 'this Fleuron already'
        : `another Fleuron (process ${record.pid}, since ${new Date(record.since).toLocaleString('en')})`
  return new FleuronError(
    'in-use',
    `The project is open in ${who}; go on working there, or close it there and open it again.`,
    { details: directory },
  )
}
