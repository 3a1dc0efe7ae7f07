import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { splits } from '../../../shared/project.ts'
import type { TrainSettings } from '../../../shared/training.ts'
import { readTrainingSet, type TrainingSet } from '../../dataset/training-set.ts'
import type { Project } from '../../project/project.ts'
import type { ComputeDevice } from '../../engine/index.ts'
import type { TaskHandle } from '../../project/tasks.ts'
import { thisDevice } from '../device.ts'
import { expectedSeconds, planTraining } from '../plan/plan.ts'
import { planInputOf } from '../plan/plan-input.ts'
import type { Speeds } from '../plan/speeds.ts'
import { readBasis } from './run-execution.ts'
import type { TrainJobInput, TrainPhoto } from './train-job.ts'

/** What a run is made of and keeps: labels that change later must not change a run that is taken up again. */
type KeptInput = Pick<TrainJobInput, 'classes' | 'photos' | 'fingerprint'>

/** Seconds between two checkpoints within an epoch: what a power cut costs at most. */
const checkpointSeconds = 120

const keptPath = (directory: string): string => join(directory, 'input.json')

/** Null when the run was cut off before its photos were read. */
function readKept(directory: string): KeptInput | null {
  try {
    return JSON.parse(readFileSync(keptPath(directory), 'utf8')) as KeptInput
  } catch {
    return null
  }
}

interface Beginning {
  weights: string | null
  version: string
  /** What new runs compute on. */
  device: ComputeDevice
}

/** Reads the photos and writes down what the run begins with; a run that goes on finds what it began with. */
export async function prepareInput(
  project: Project,
  run: string,
  rest: Beginning & { speeds: Speeds; resumes: boolean },
  task: Pick<TaskHandle, 'progress' | 'signal'>,
): Promise<TrainJobInput> {
  const { settings, number, startedAt, seconds } = project.runs.get(run)
  const directory = project.runs.directory(run)
  const device = (rest.resumes ? readBasis(directory)?.execution.device : undefined) ?? rest.device
  const speeds = rest.speeds.on(device, settings)
  const begun = rest.resumes ? readKept(directory) : null
  const kept = begun ?? (await readAnew(project, run, { ...rest, device, speeds }, task))
  // A photo may have moved since the run began; one that has left the project is looked for where it was.
  const paths = new Map(project.photos.allStored().map(({ id, path }) => [id, project.photos.absolute(path)]))
  const today = (photo: TrainPhoto): TrainPhoto => ({ ...photo, path: paths.get(photo.id) ?? photo.path })
  return {
    ...kept,
    photos: mapSplits((split) => kept.photos[split].map(today)),
    run: { id: run, number },
    project: project.name,
    settings,
    directory,
    features: join(project.directory, 'cache', 'features'),
    device,
    weights: rest.weights,
    startedAt,
    checkpointSeconds,
    resumes: rest.resumes,
    halvings: 0,
    secondsBefore: seconds ?? 0,
    version: rest.version,
    expected: expectedSeconds(planInputOf(project, settings, speeds)),
  }
}

/** What a run of these settings would begin with, without being one. */
export async function inputOfSearch(
  project: Project,
  settings: TrainSettings,
  rest: Beginning,
  task: Pick<TaskHandle, 'progress' | 'signal'>,
): Promise<TrainJobInput> {
  const cache = join(project.directory, 'cache')
  const { skipped: _, ...photos } = await readPhotos(project, settings.seed, task)
  return {
    ...photos,
    run: { id: 'search', number: 1 },
    project: project.name,
    settings,
    directory: cache,
    features: join(cache, 'features'),
    device: rest.device,
    weights: rest.weights,
    startedAt: new Date().toISOString(),
    checkpointSeconds,
    resumes: false,
    halvings: 0,
    secondsBefore: 0,
    version: rest.version,
    expected: {},
  }
}

async function readAnew(
  project: Project,
  run: string,
  { weights, version, speeds, device }: Beginning & { speeds: Speeds },
  task: Pick<TaskHandle, 'progress' | 'signal'>,
): Promise<KeptInput> {
  const { settings, warnings } = project.runs.get(run)
  const { skipped, ...kept } = await readPhotos(project, settings.seed, task)
  const { classes, photos, fingerprint } = kept
  project.runs.update(run, {
    classes: [...classes],
    photos: { train: photos.train.length, validation: photos.validation.length, test: photos.test.length },
    origin: {
      fingerprint,
      version,
      node: process.versions.node,
      onnxruntime: null,
      device: thisDevice(device, settings),
      weights: weights === null ? null : { file: basename(weights), hash: null },
    },
    warnings: [
      ...warnings,
      ...planTraining(planInputOf(project, settings, speeds)).warnings,
      ...skippedWarning(skipped),
    ],
  })
  project.runs.setPhotos(
    run,
    [...photos.train, ...photos.validation, ...photos.test].map(({ id, label }) => ({
      id,
      classId: classes[label]?.id ?? '',
    })),
  )
  await writeFileAtomic(keptPath(project.runs.directory(run)), JSON.stringify(kept))
  return kept
}

async function readPhotos(
  project: Project,
  seed: number,
  { signal, progress }: Pick<TaskHandle, 'progress' | 'signal'>,
): Promise<KeptInput & Pick<TrainingSet, 'skipped'>> {
  const set = await readTrainingSet(project, { seed, signal, onProgress: progress })
  const photos = mapSplits((split) => set.photos.filter((photo) => photo.split === split))
  return { classes: set.classes, photos, fingerprint: fingerprintOf(set), skipped: set.skipped }
}

function skippedWarning(skipped: TrainingSet['skipped']): string[] {
  if (skipped.length === 0) return []
  const photos = skipped.length === 1 ? '1 labelled photo' : `${skipped.length} labelled photos`
  return [`${photos} could not be read and took no part.`]
}

const mapSplits = <T>(of: (split: (typeof splits)[number]) => T): Record<(typeof splits)[number], T> => ({
  train: of('train'),
  validation: of('validation'),
  test: of('test'),
})

/** Equal for equal photos, classes and splits, wherever the files are and whatever they are called. */
function fingerprintOf({ classes, photos }: TrainingSet): string {
  const lines = photos.map(({ hash, label, split }) => `${hash} ${split} ${classes[label]?.name}`).sort()
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}
