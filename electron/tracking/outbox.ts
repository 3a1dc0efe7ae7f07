import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { execute, row, rows } from '../project/database.ts'

/** What the server has of a run, and by which ids. What it lacks is still to be sent. */
export interface Delivered {
  experiment: string | null
  /** Id of the run on the server. */
  run: string | null
  /** Where its files go. */
  artifacts: string | null
  /** Id of the study's run there, and where its files go. */
  parent: string | null
  parentArtifacts: string | null
  /** Id of the logged model. */
  model: string | null
  /** Version of the registered model. */
  version: string | null
  /** Whether a call that makes something may have been carried out without our knowing. */
  unsure: boolean
  /** The last epoch whose metrics it has. */
  epoch: number
  /** The last step. */
  step: number
  /** Of every other part, the hash of what was sent. */
  parts: Record<string, string>
}

export const nothingDelivered = (): Delivered => ({
  experiment: null,
  run: null,
  artifacts: null,
  parent: null,
  parentArtifacts: null,
  model: null,
  version: null,
  unsure: false,
  epoch: 0,
  step: 0,
  parts: {},
})

export interface OutboxEntry {
  run: string
  number: number
  running: boolean
  /** State of the run now; another one when anything of it changes. */
  version: string
  /** The version that the server has whole; null: none yet. */
  settled: string | null
  /** The version that was refused, and why. */
  refused: { version: string; message: string } | null
  delivered: Delivered
}

export const hashOf = (value: unknown): string =>
  createHash('sha256')
    .update(value instanceof Uint8Array ? value : JSON.stringify(value))
    .digest('hex')
    .slice(0, 16)

/**
 * The runs of a project and what a server has of each, on the disk after every answer of the server: whatever is cut
 * off, at most one call is made again. A run recorded under another server begins anew.
 */
export class Outbox {
  readonly #database: DatabaseSync
  readonly #server: string

  constructor(database: DatabaseSync, server: string) {
    this.#database = database
    this.#server = server
  }

  /** Every run, latest first. */
  entries(): OutboxEntry[] {
    const kept = new Map(
      rows<{ run: string; delivered: string; settled: string | null; refused: string | null }>(
        this.#database,
        'SELECT run, delivered, settled, refused FROM outbox WHERE server = ?',
        this.#server,
      ).map((entry) => [entry.run, entry]),
    )
    return rows<{ id: string; number: number; state: string; epochs: number }>(
      this.#database,
      'SELECT *, (SELECT count(*) FROM epoch WHERE epoch.run = run.id) AS epochs FROM run ORDER BY number DESC',
    ).map((run) => {
      const entry = kept.get(run.id)
      return {
        run: run.id,
        number: run.number,
        running: run.state === 'running',
        version: hashOf(run),
        settled: entry?.settled ?? null,
        refused: parse<OutboxEntry['refused']>(entry?.refused) ?? null,
        delivered: { ...nothingDelivered(), ...parse<Delivered>(entry?.delivered) },
      }
    })
  }

  /** Writes down what the server has now. */
  delivered(run: string, delivered: Delivered): void {
    execute(
      this.#database,
      `INSERT INTO outbox (run, server, delivered) VALUES (?, ?, ?)
       ON CONFLICT (run, server) DO UPDATE SET delivered = excluded.delivered`,
      run,
      this.#server,
      JSON.stringify(delivered),
    )
  }

  /** The server has all of this version. */
  settled(run: string, version: string): void {
    this.#mark(run, 'settled', version)
    this.#mark(run, 'refused', null)
  }

  refused(run: string, version: string, message: string): void {
    this.#mark(run, 'refused', JSON.stringify({ version, message }))
  }

  /** Refused runs are tried again. */
  forgiveAll(): void {
    execute(this.#database, 'UPDATE outbox SET refused = NULL WHERE server = ?', this.#server)
  }

  /** The highest number of a run whose model was registered under this name. */
  lastRegistered(name: string): number {
    return (
      row<{ number: number | null }>(
        this.#database,
        `SELECT max(run.number) AS number FROM outbox JOIN run ON run.id = outbox.run
         WHERE server = ? AND json_extract(delivered, '$.parts.registered') = ?`,
        this.#server,
        hashOf(name),
      )?.number ?? 0
    )
  }

  #mark(run: string, column: 'settled' | 'refused', value: string | null): void {
    execute(
      this.#database,
      `INSERT INTO outbox (run, server, delivered, ${column}) VALUES (?, ?, '{}', ?)
       ON CONFLICT (run, server) DO UPDATE SET ${column} = excluded.${column}`,
      run,
      this.#server,
      value,
    )
  }
}

const parse = <T>(text: string | null | undefined): T | undefined =>
  text === null || text === undefined ? undefined : (JSON.parse(text) as T)
