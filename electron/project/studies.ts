import type { DatabaseSync } from 'node:sqlite'
import { FleuronError } from '../../shared/errors.ts'
import { studySpec, type StudySpec, type StudyState } from '../../shared/study.ts'
import type { Changes } from './changes.ts'
import { execute, row, rows, transaction } from './database.ts'
import { newId } from './ids.ts'

/** A training that a study asks for. */
export interface PlannedRun {
  /** Place among the variants of the specification. */
  variant: number
  seed: number
  /** Null until it has begun. */
  run: string | null
  /** It fell behind and was stopped, so it says nothing of its variant. */
  hopeless: boolean
}

export interface StoredStudy {
  id: string
  /** Counts from 1 within the project. */
  number: number
  spec: StudySpec
  state: StudyState
  /** ISO 8601. */
  startedAt: string
  /** Time that its runs have taken. */
  seconds: number
  /** In the order in which they are trained. */
  planned: PlannedRun[]
}

interface StudyRow {
  id: string
  number: number
  spec: string
  state: StudyState
  startedAt: string
  seconds: number
}

const columns = 'id, number, spec, state, started_at AS startedAt, seconds'

/** The studies of a project and what of them is done. */
export class Studies {
  readonly #database: DatabaseSync
  readonly #changes: Changes

  constructor(database: DatabaseSync, changes: Changes) {
    this.#database = database
    this.#changes = changes
  }

  /**
   * Writes a study down, 'running'. All variants get the first seed before any gets the second: whenever it ends, they
   * can be compared.
   */
  create(spec: StudySpec): StoredStudy {
    const id = newId()
    const planned = spec.seeds.flatMap((seed) => spec.variants.map((_, variant) => ({ variant, seed })))
    transaction(this.#database, () => {
      execute(
        this.#database,
        `INSERT INTO study (id, number, spec, state, started_at, seconds)
         VALUES (?, (SELECT ifnull(max(number), 0) + 1 FROM study), ?, 'running', ?, 0)`,
        id,
        JSON.stringify(spec),
        new Date().toISOString(),
      )
      planned.forEach(({ variant, seed }, place) =>
        execute(
          this.#database,
          'INSERT INTO study_run (study, place, variant, seed) VALUES (?, ?, ?, ?)',
          id,
          place,
          variant,
          seed,
        ),
      )
    })
    this.#changes.project()
    return this.get(id)
  }

  /** Newest first. */
  list(): StoredStudy[] {
    return rows<StudyRow>(this.#database, `SELECT ${columns} FROM study ORDER BY number DESC`).map((found) =>
      this.#complete(found),
    )
  }

  /** @throws FleuronError 'not-found' */
  get(study: string): StoredStudy {
    const found = row<StudyRow>(this.#database, `SELECT ${columns} FROM study WHERE id = ?`, study)
    if (found) return this.#complete(found)
    throw new FleuronError('not-found', 'This study is not in the project; choose another one from the list.')
  }

  setState(study: string, state: StudyState): void {
    execute(this.#database, 'UPDATE study SET state = ? WHERE id = ?', state, study)
    this.#changes.project()
  }

  addSeconds(study: string, seconds: number): void {
    execute(this.#database, 'UPDATE study SET seconds = seconds + ? WHERE id = ?', seconds, study)
  }

  /** The planned training has become this run. */
  setRun(study: string, { variant, seed }: Pick<PlannedRun, 'variant' | 'seed'>, run: string): void {
    execute(
      this.#database,
      'UPDATE study_run SET run = ? WHERE study = ? AND variant = ? AND seed = ?',
      run,
      study,
      variant,
      seed,
    )
  }

  markHopeless(run: string): void {
    execute(this.#database, 'UPDATE study_run SET hopeless = 1 WHERE run = ?', run)
  }

  /** Studies whose process died wait to be taken up. Only the process that holds the project may call this. */
  recover(): void {
    execute(this.#database, "UPDATE study SET state = 'paused' WHERE state = 'running'")
  }

  #complete(found: StudyRow): StoredStudy {
    const planned = rows<Omit<PlannedRun, 'hopeless'> & { hopeless: number }>(
      this.#database,
      'SELECT variant, seed, run, hopeless FROM study_run WHERE study = ? ORDER BY place',
      found.id,
    )
    return {
      ...found,
      spec: studySpec.parse(JSON.parse(found.spec)),
      planned: planned.map((each) => ({ ...each, hopeless: each.hopeless === 1 })),
    }
  }
}
