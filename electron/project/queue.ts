import type { DatabaseSync } from 'node:sqlite'
import { FleuronError } from '../../shared/errors.ts'
import type { QueuedRun } from '../../shared/queue.ts'
import { readStoredSettings } from '../../shared/stored-settings.ts'
import type { TrainSettings } from '../../shared/training.ts'
import { execute, rows, transaction } from './database.ts'
import { newId } from './ids.ts'

/** The runs of a project that wait for their turn. */
export class Queue {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** In the order in which they begin. */
  list(): QueuedRun[] {
    return rows<Omit<QueuedRun, 'settings'> & { settings: string }>(
      this.#database,
      'SELECT id, settings, queued_at AS queuedAt, problem FROM queued_run ORDER BY place',
    ).map((found) => ({ ...found, settings: readStoredSettings(JSON.parse(found.settings)) }))
  }

  /** @param to place from 0; at the end when left out */
  add(settings: TrainSettings, to = Infinity): QueuedRun {
    const id = newId()
    const order = this.#order()
    transaction(this.#database, () => {
      execute(
        this.#database,
        'INSERT INTO queued_run (id, place, settings, queued_at) VALUES (?, ?, ?, ?)',
        id,
        order.length,
        JSON.stringify(settings),
        new Date().toISOString(),
      )
      this.#arrange([...order.slice(0, to), id, ...order.slice(to)])
    })
    return this.#get(id)
  }

  /** @param to place from 0. @throws FleuronError 'not-found' when it has begun, or was taken out */
  move(queued: string, to: number): void {
    this.#get(queued)
    const others = this.#order().filter((id) => id !== queued)
    transaction(this.#database, () => this.#arrange([...others.slice(0, to), queued, ...others.slice(to)]))
  }

  /** Nothing happens to one that has begun. */
  remove(queued: string): void {
    execute(this.#database, 'DELETE FROM queued_run WHERE id = ?', queued)
  }

  /** Why it could not begin. */
  setProblem(queued: string, problem: string): void {
    execute(this.#database, 'UPDATE queued_run SET problem = ? WHERE id = ?', problem, queued)
  }

  /** Those that could not begin may try again. */
  forgetProblems(): void {
    execute(this.#database, 'UPDATE queued_run SET problem = NULL')
  }

  #get(queued: string): QueuedRun {
    const found = this.list().find(({ id }) => id === queued)
    if (found) return found
    throw new FleuronError('not-found', 'This run waits no longer: it has begun, or was taken out of the queue.')
  }

  #order(): string[] {
    return rows<{ id: string }>(this.#database, 'SELECT id FROM queued_run ORDER BY place').map(({ id }) => id)
  }

  #arrange(order: readonly string[]): void {
    order.forEach((id, place) => execute(this.#database, 'UPDATE queued_run SET place = ? WHERE id = ?', place, id))
  }
}
