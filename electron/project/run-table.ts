/** The runs of a project as rows of a table: figures without the metrics of every epoch, which are read when asked for. */
import type { DatabaseSync } from 'node:sqlite'
import { splits, type Split } from '../../shared/project.ts'
import type { RunOverview } from '../../shared/run.ts'
import type { EpochMetrics } from '../../shared/training.ts'
import { rows } from './database.ts'
import { originOf, readMetrics, runColumns, toSummary, type RunRow } from './runs.ts'

type TableRow = RunRow & { epochs: number | null; best: string | null }

/** These runs, or all, newest first. */
export function listOverviews(database: DatabaseSync, runs?: readonly string[]): RunOverview[] {
  const some = runs === undefined ? '' : 'WHERE id IN (SELECT value FROM json_each(?))'
  return rows<TableRow>(
    database,
    // Both are found by the primary key of the table of epochs, whatever its size.
    `SELECT ${runColumns}, (SELECT max(epoch) FROM epoch WHERE epoch.run = run.id) AS epochs,
       (SELECT metrics FROM epoch WHERE epoch.run = run.id AND epoch.epoch = run.best_epoch) AS best
     FROM run ${some} ORDER BY number DESC`,
    ...(runs === undefined ? [] : [JSON.stringify(runs)]),
  ).map((found) => ({
    ...toSummary(found),
    settings: JSON.parse(found.settings) as RunOverview['settings'],
    photos: JSON.parse(found.photos) as RunOverview['photos'],
    epochs: found.epochs ?? 0,
    best: found.best === null ? null : readMetrics(found.best),
    testAccuracy: found.testAccuracy,
    tags: JSON.parse(found.tags) as string[],
    notes: found.notes,
    origin: originOf(found),
  }))
}

/** Metrics of every epoch of these runs, in the order asked for. */
export function readHistories(
  database: DatabaseSync,
  runs: readonly string[],
): { run: string; history: EpochMetrics[] }[] {
  const found = rows<{ run: string; metrics: string }>(
    database,
    'SELECT run, metrics FROM epoch WHERE run IN (SELECT value FROM json_each(?)) ORDER BY run, epoch',
    JSON.stringify(runs),
  )
  const byRun = Map.groupBy(found, ({ run }) => run)
  return runs.map((run) => ({
    run,
    history: (byRun.get(run) ?? []).map(({ metrics }) => readMetrics(metrics)),
  }))
}

export type PhotosBySplit = Record<Split, number>

const none = (): PhotosBySplit => ({ train: 0, validation: 0, test: 0 })

/** Photos of a run whose label was changed, cleared or excluded since it was trained. */
export function correctedPhotos(database: DatabaseSync, run: string): PhotosBySplit {
  const found = rows<{ split: Split; photos: number }>(
    database,
    `SELECT prediction.split, count(*) AS photos FROM prediction JOIN photo ON photo.id = prediction.photo
     WHERE prediction.run = ? AND (photo.class_id IS NOT prediction.label OR photo.excluded = 1)
     GROUP BY prediction.split`,
    run,
  )
  return Object.assign(none(), ...found.map(({ split, photos }) => ({ [split]: photos }))) as PhotosBySplit
}

/** The same for all runs that have such photos. Runs on the same data share the answer, which is worked out once. */
export function correctedRuns(database: DatabaseSync): { run: string; photos: PhotosBySplit }[] {
  const judged = rows<{ run: string; data: string }>(
    database,
    `SELECT id AS run, ifnull(json_extract(origin, '$.fingerprint'), id) AS data FROM run
     WHERE EXISTS (SELECT 1 FROM prediction WHERE prediction.run = run.id)`,
  )
  return [...Map.groupBy(judged, ({ data }) => data).values()].flatMap((same) => {
    const photos = correctedPhotos(database, same[0]?.run ?? '')
    return splits.some((split) => photos[split] > 0) ? same.map(({ run }) => ({ run, photos })) : []
  })
}
