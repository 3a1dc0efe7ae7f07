import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { EpochDetail } from '../../shared/epoch-detail.ts'
import { FleuronError, type ErrorValue } from '../../shared/errors.ts'
import type { Split } from '../../shared/project.ts'
import type { RunOrigin } from '../../shared/run-origin.ts'
import { readStoredSettings } from '../../shared/stored-settings.ts'
import {
  type Correction,
  type EpochMetrics,
  type RunRecord,
  type RunState,
  type RunSummary,
  type TrainSettings,
} from '../../shared/training.ts'
import type { Changes } from './changes.ts'
import { execute, row, rows, transaction } from './database.ts'
import { newId } from './ids.ts'

/** What a run's model said of a photo of the project. */
export interface StoredPrediction {
  photo: string
  split: Split
  /** The photo's class when the run was trained. */
  label: string
  /** In the order of the run's classes. */
  probabilities: Float32Array
  /** The rejector's score: higher is more like the training photos. */
  score: number
}

export type RunPatch = Partial<
  Pick<
    RunRecord,
    | 'state'
    | 'seconds'
    | 'bestEpoch'
    | 'validationAccuracy'
    | 'validationLoss'
    | 'hasModel'
    | 'error'
    | 'testAccuracy'
    | 'tags'
    | 'notes'
    | 'archived'
    // Known for certain only when the photos have been read, after the run has begun.
    | 'classes'
    | 'photos'
    | 'origin'
    | 'warnings'
  >
>

export interface RunRow {
  id: string
  number: number
  state: RunState
  settings: string
  classes: string
  photos: string
  startedAt: string
  seconds: number | null
  bestEpoch: number | null
  validationAccuracy: number | null
  validationLoss: number | null
  hasModel: number
  error: string | null
  origin: string | null
  warnings: string
  testAccuracy: number | null
  tags: string
  notes: string
  archived: number
  study: string | null
}

export const runColumns = `id, number, state, settings, classes, photos, started_at AS startedAt, seconds, best_epoch AS bestEpoch,
  validation_accuracy AS validationAccuracy, validation_loss AS validationLoss, has_model AS hasModel, error, origin, warnings,
  test_accuracy AS testAccuracy, tags, notes, archived, study`

const columnOf: Record<keyof RunPatch, string> = {
  state: 'state',
  seconds: 'seconds',
  bestEpoch: 'best_epoch',
  validationAccuracy: 'validation_accuracy',
  validationLoss: 'validation_loss',
  hasModel: 'has_model',
  error: 'error',
  testAccuracy: 'test_accuracy',
  tags: 'tags',
  notes: 'notes',
  archived: 'archived',
  classes: 'classes',
  photos: 'photos',
  origin: 'origin',
  warnings: 'warnings',
}

/** The training runs of a project: what was asked, how it went, what the model said. */
export class Runs {
  readonly #database: DatabaseSync
  readonly #directory: string
  readonly #changes: Changes

  /** `directory` is the project's `runs` folder. */
  constructor(database: DatabaseSync, directory: string, changes: Changes) {
    this.#database = database
    this.#directory = directory
    this.#changes = changes
  }

  /** Begins a run: on disk, 'running', with its folder made. */
  create(begin: {
    settings: TrainSettings
    classes: { id: string; name: string }[]
    photos: Record<Split, number>
    /** The study that it is part of. */
    study?: RunSummary['study']
  }): RunRecord {
    const id = newId()
    mkdirSync(this.directory(id), { recursive: true })
    transaction(this.#database, () =>
      execute(
        this.#database,
        `INSERT INTO run (id, number, state, settings, classes, photos, started_at, study)
         VALUES (?, (SELECT ifnull(max(number), 0) + 1 FROM run), 'running', ?, ?, ?, ?, ?)`,
        id,
        JSON.stringify(begin.settings),
        JSON.stringify(begin.classes),
        JSON.stringify(begin.photos),
        new Date().toISOString(),
        begin.study ? JSON.stringify(begin.study) : null,
      ),
    )
    this.#changes.project()
    return this.get(id)
  }

  /** Where the run keeps its files. */
  directory(run: string): string {
    return join(this.#directory, run)
  }

  update(run: string, patch: RunPatch): void {
    const entries = Object.entries(patch) as [keyof RunPatch, RunPatch[keyof RunPatch]][]
    const set = entries.filter(([, value]) => value !== undefined)
    if (set.length === 0) return
    const changed = execute(
      this.#database,
      `UPDATE run SET ${set.map(([name]) => `${columnOf[name]} = ?`).join(', ')} WHERE id = ?`,
      ...set.map(([, value]) => stored(value)),
      run,
    )
    if (changed === 0) throw notFound()
    this.#changes.project()
  }

  /** An epoch has ended; `bestEpoch` is the best one until now. */
  addEpoch(run: string, metrics: EpochMetrics, bestEpoch: number | null, detail: EpochDetail | null = null): void {
    execute(
      this.#database,
      'INSERT OR REPLACE INTO epoch (run, epoch, metrics) VALUES (?, ?, ?)',
      run,
      metrics.epoch,
      JSON.stringify(metrics),
    )
    if (detail !== null) this.#addDetail(run, detail)
    if (bestEpoch === metrics.epoch) this.#setBest(run, metrics)
  }

  #addDetail(run: string, detail: EpochDetail): void {
    execute(
      this.#database,
      'INSERT OR REPLACE INTO epoch_detail (run, epoch, detail) VALUES (?, ?, ?)',
      run,
      detail.epoch,
      JSON.stringify(detail),
    )
  }

  /** The run was taken up where this history ends: what came after it is forgotten. */
  replaceHistory(
    run: string,
    history: readonly EpochMetrics[],
    details: readonly EpochDetail[],
    bestEpoch: number | null,
  ): void {
    transaction(this.#database, () => {
      execute(this.#database, 'DELETE FROM epoch WHERE run = ?', run)
      execute(this.#database, 'DELETE FROM epoch_detail WHERE run = ?', run)
      this.update(run, { bestEpoch: null, validationAccuracy: null, validationLoss: null })
      for (const metrics of history) this.addEpoch(run, metrics, bestEpoch)
      for (const detail of details) this.#addDetail(run, detail)
    })
  }

  /** A sentence that is worth knowing of the run. */
  addWarning(run: string, sentence: string): void {
    this.update(run, { warnings: [...this.get(run).warnings, sentence] })
  }

  #setBest(run: string, { epoch, validationAccuracy, validationLoss }: EpochMetrics): void {
    this.update(run, { bestEpoch: epoch, validationAccuracy, validationLoss })
  }

  /** Newest first. */
  list(): RunSummary[] {
    return rows<RunRow>(this.#database, `SELECT ${runColumns} FROM run ORDER BY number DESC`).map(toSummary)
  }

  /** @throws FleuronError 'not-found' */
  get(run: string): RunRecord {
    const found = row<RunRow>(this.#database, `SELECT ${runColumns} FROM run WHERE id = ?`, run)
    if (!found) throw notFound()
    const epochs = rows<{ metrics: string }>(
      this.#database,
      'SELECT metrics FROM epoch WHERE run = ? ORDER BY epoch',
      run,
    )
    return {
      ...toSummary(found),
      settings: readStoredSettings(JSON.parse(found.settings)),
      classes: JSON.parse(found.classes) as RunRecord['classes'],
      photos: JSON.parse(found.photos) as RunRecord['photos'],
      origin: originOf(found),
      warnings: JSON.parse(found.warnings) as string[],
      testAccuracy: found.testAccuracy,
      tags: JSON.parse(found.tags) as string[],
      notes: found.notes,
      history: epochs.map(({ metrics }) => readMetrics(metrics)),
      modelDirectory: found.hasModel === 1 ? join(this.directory(run), 'model') : null,
    }
  }

  /** Of every epoch that has one, in their order: runs of older versions have none. @throws FleuronError 'not-found' */
  epochDetails(run: string): EpochDetail[] {
    if (!row(this.#database, 'SELECT id FROM run WHERE id = ?', run)) throw notFound()
    return rows<{ detail: string }>(
      this.#database,
      'SELECT detail FROM epoch_detail WHERE run = ? ORDER BY epoch',
      run,
    ).map(({ detail }) => JSON.parse(detail) as EpochDetail)
  }

  /** Best validation accuracy of the runs that have a model. */
  bestAccuracy(): number | null {
    const best = row<{ accuracy: number | null }>(
      this.#database,
      'SELECT max(validation_accuracy) AS accuracy FROM run WHERE has_model = 1',
    )
    return best?.accuracy ?? null
  }

  /** Replaces what the run's model said of these photos. */
  savePredictions(run: string, predictions: readonly StoredPrediction[]): void {
    transaction(this.#database, () => {
      for (const { photo, split, label, score, probabilities } of predictions) {
        execute(
          this.#database,
          `INSERT OR REPLACE INTO prediction (run, split, photo, label, score, probabilities)
           VALUES (?, ?, ?, ?, ?, ?)`,
          run,
          split,
          photo,
          label,
          score,
          new Uint8Array(probabilities.buffer, probabilities.byteOffset, probabilities.byteLength),
        )
      }
    })
  }

  /** Replaces the photos that the run learns from and is measured by, with their classes. */
  setPhotos(run: string, photos: readonly { id: string; classId: string }[]): void {
    transaction(this.#database, () => {
      execute(this.#database, 'DELETE FROM run_photo WHERE run = ?', run)
      execute(
        this.#database,
        `INSERT INTO run_photo SELECT ?, photo.key, value ->> 'classId'
         FROM json_each(?) JOIN photo ON photo.id = value ->> 'id'`,
        run,
        JSON.stringify(photos),
      )
    })
  }

  /** What has been done since to the labels the run learned from and was measured by. @throws FleuronError 'not-found' */
  corrections(run: string): Correction[] {
    this.get(run)
    return rows<Omit<Correction, 'excluded'> & { excluded: number }>(
      this.#database,
      `SELECT photo.id AS photo, name, label AS "from", class_id AS "to", excluded
       FROM run_photo JOIN photo ON photo.key = run_photo.photo
       WHERE run = ? AND (class_id IS NOT label OR excluded = 1) ORDER BY sort, photo.key`,
      run,
    ).map((found) => ({ ...found, excluded: found.excluded === 1 }))
  }

  predictions(run: string, split: Split): StoredPrediction[] {
    return rows<Omit<StoredPrediction, 'probabilities'> & { probabilities: Uint8Array }>(
      this.#database,
      'SELECT photo, split, label, score, probabilities FROM prediction WHERE run = ? AND split = ?',
      run,
      split,
    ).map((found) => ({
      ...found,
      // Copied: SQLite's bytes need not begin at a multiple of four.
      probabilities: new Float32Array(found.probabilities.slice().buffer),
    }))
  }

  /**
   * Finds the runs that were under way when their process died: they can be resumed. Only the process that holds the
   * project may call this, before it trains.
   */
  recover(): void {
    execute(this.#database, "UPDATE run SET state = 'interrupted' WHERE state = 'running'")
  }
}

/** Metrics of an epoch as they were stored; older versions did not measure everything. */
export const readMetrics = (text: string): EpochMetrics => ({ ...unmeasured, ...(JSON.parse(text) as EpochMetrics) })

const unmeasured = {
  trainMacroF1: null,
  validationMacroF1: null,
  gradientNorm: null,
  inputShare: null,
  computeShare: null,
}

const notFound = (): FleuronError =>
  new FleuronError('not-found', 'This run is not in the project; choose another one from the list.')

function stored(value: RunPatch[keyof RunPatch]): SQLInputValue {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return Number(value)
  return typeof value === 'object' ? JSON.stringify(value) : value
}

export const originOf = ({ origin }: RunRow): RunOrigin | null =>
  origin === null ? null : (JSON.parse(origin) as RunOrigin)

export function toSummary(found: RunRow): RunSummary {
  const { model, mode } = JSON.parse(found.settings) as TrainSettings
  return {
    id: found.id,
    number: found.number,
    model,
    mode,
    state: found.state,
    startedAt: found.startedAt,
    seconds: found.seconds,
    bestEpoch: found.bestEpoch,
    validationAccuracy: found.validationAccuracy,
    validationLoss: found.validationLoss,
    hasModel: found.hasModel === 1,
    archived: found.archived === 1,
    error: found.error === null ? null : (JSON.parse(found.error) as ErrorValue),
    study: found.study === null ? null : (JSON.parse(found.study) as RunSummary['study']),
  }
}
