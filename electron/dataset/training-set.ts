import { stat } from 'node:fs/promises'
import pMap from 'p-map'
import { FleuronError } from '../../shared/errors.ts'
import { splits as allSplits, type Split } from '../../shared/project.ts'
import { goneSentence, type FileFindings, type StoredPhoto } from '../project/photos.ts'
import type { Project } from '../project/project.ts'
import { listingSettled, storedLayout } from './import.ts'
import { folderGone, isGone, readPhotos, withClosing, type ReadingOptions } from './photo-reading.ts'
import { assignSplits, planSplits, type SplitPhoto } from './splits.ts'
import { trainingProblems } from './training-problems.ts'

export interface TrainingPhoto {
  id: string
  /** Absolute. */
  path: string
  /** SHA-256 of the content. */
  hash: string
  /** Index into `classes`. */
  label: number
  split: Split
}

/** The labelled photos of a project as training takes them. */
export interface TrainingSet {
  /** Classes that have photos, in the project's order. */
  classes: { id: string; name: string }[]
  photos: TrainingPhoto[]
  /** Labelled photos that cannot be used, and why. */
  skipped: { path: string; reason: string }[]
}

/**
 * The photos to train on, as they are on disk now. Waits for the list and for the contents of labelled photos; photos
 * that changed are read again, those that have gone are marked and skipped. Photos without a split are given one, which
 * stays.
 *
 * @throws FleuronError 'not-ready' with the first of `trainingProblems`, 'not-found' when the folder cannot be reached
 */
export async function readTrainingSet(
  project: Project,
  options: ReadingOptions & { seed: number },
): Promise<TrainingSet> {
  const signal = withClosing(project, options.signal)
  await listingSettled(project)
  signal.throwIfAborted()
  if (!project.checkFolder()) throw folderGone(project)
  await noticeChanges(project, project.photos.labelled(), signal)
  await readPhotos(project, {
    signal,
    onProgress: options.onProgress,
    only: new Set(project.photos.labelled().map(({ id }) => id)),
  })
  signal.throwIfAborted()

  const problem = trainingProblems(project)[0]
  if (problem !== undefined) throw new FleuronError('not-ready', problem)
  const { classes, photos } = usable(project)
  project.photos.setSplits(assignSplits(photos, options.seed, splitsToFill(project)))
  const all = project.photos.labelled()
  const labels = new Map(photos.map(({ id, label }) => [id, label]))
  return {
    classes,
    photos: all.flatMap(({ id, path, hash, split }) => {
      const label = labels.get(id)
      if (label === undefined || hash === null || split === null) return []
      return [{ id, path: project.photos.absolute(path), hash, label, split }]
    }),
    skipped: all.flatMap(({ path, unreadable }) => (unreadable === null ? [] : [{ path, reason: unreadable }])),
  }
}

/** How many photos each split will have when training begins now; nothing is given out yet. Copies count as photos. */
export function plannedSplits(project: Project): Record<Split, number> {
  const fill = splitsToFill(project)
  const total: Record<Split, number> = { train: 0, validation: 0, test: 0 }
  const readable = project.photos.labelledCounts().filter((count) => count.readable)
  for (const counts of Map.groupBy(readable, ({ classId }) => classId).values()) {
    const have = (split: Split | null): number =>
      counts.reduce((sum, count) => sum + (count.split === split ? count.photos : 0), 0)
    const given = { train: have('train'), validation: have('validation'), test: have('test') }
    const added = planSplits(given, have(null), fill)
    for (const split of allSplits) total[split] += given[split] + added[split]
  }
  return total
}

function usable(project: Project): { classes: TrainingSet['classes']; photos: SplitPhoto[] } {
  const readable = project.photos.labelled().filter(({ unreadable }) => unreadable === null)
  const used = new Set(readable.map(({ classId }) => classId))
  const classes = project.classes.stored().filter(({ id }) => used.has(id))
  const labels = new Map(classes.map(({ id }, index) => [id, index]))
  const photos = readable.flatMap(({ id, hash, classId, split }): SplitPhoto[] => {
    const label = labels.get(classId ?? '')
    // A photo whose content is not known yet counts as one of its kind.
    return label === undefined ? [] : [{ id, hash: hash ?? id, label, split }]
  })
  return { classes: classes.map(({ id, name }) => ({ id, name })), photos }
}

/** A folder that came with its own test photos keeps them as they are; new photos then go to the other two. */
const splitsToFill = (project: Project): readonly Split[] =>
  (storedLayout(project)?.splits.length ?? 0) > 0 ? ['train', 'validation'] : allSplits

/** Marks photos whose file has changed or gone since it was read. */
async function noticeChanges(project: Project, photos: readonly StoredPhoto[], signal: AbortSignal): Promise<void> {
  const findings = new Map<string, FileFindings>()
  await pMap(
    photos.filter(({ hash }) => hash !== null),
    async ({ id, path, size, modified }) => {
      signal.throwIfAborted()
      try {
        const now = await stat(project.photos.absolute(path))
        if (now.size !== size || now.mtimeMs !== modified) {
          findings.set(id, { size: now.size, modified: now.mtimeMs, hash: null, unreadable: null, missing: false })
        }
      } catch (error) {
        if (isGone(error)) findings.set(id, { unreadable: goneSentence, missing: true })
      }
    },
    { concurrency: 16 },
  )
  signal.throwIfAborted()
  if (!project.checkFolder()) throw folderGone(project)
  project.photos.update(findings)
}
