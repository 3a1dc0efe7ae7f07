import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Study, StudyRun } from '../../../shared/study.ts'
import type { RunRecord } from '../../../shared/training.ts'
import { reliability } from '../../evaluate/calibration.ts'
import { matrix } from '../../evaluate/matrix.ts'
import { evaluateRun } from '../../evaluate/run-review.ts'
import type { Project } from '../../project/project.ts'
import type { PlannedRun, StoredStudy } from '../../project/studies.ts'
import { findModelCard, modelFiles } from '../model/model-folder.ts'
import { studySentence, summariseVariants } from './summarise.ts'

/** Of a finished run, measured on photos as they are: augmentation and mixing play no part. */
type Figures = Omit<StudyRun, 'variant' | 'seed' | 'run' | 'state' | 'seconds' | 'error'>

const unknown: Figures = {
  trainAccuracy: null,
  validationAccuracy: null,
  testAccuracy: null,
  calibrationError: null,
  modelBytes: null,
  photosPerSecond: null,
}

/** Finished runs do not change, and a study of hundreds is looked at often. */
const known = new WeakMap<Project, Map<string, Figures>>()

function figuresOf(project: Project, record: RunRecord): Figures {
  const ofProject = known.get(project) ?? new Map<string, Figures>()
  known.set(project, ofProject)
  const figures = ofProject.get(record.id) ?? measure(project, record)
  ofProject.set(record.id, figures)
  return figures
}

function measure({ runs }: Project, record: RunRecord): Figures {
  const { modelDirectory } = record
  const model =
    modelDirectory === null ? undefined : statSync(join(modelDirectory, modelFiles.model), { throwIfNoEntry: false })
  const [train, validation, test] = (['train', 'validation', 'test'] as const).map((split) => {
    const evaluation = evaluateRun(record, split, runs.predictions(record.id, split))
    return evaluation.photos === 0 ? null : evaluation.accuracy
  }) as [number | null, number | null, number | null]
  return {
    trainAccuracy: train,
    validationAccuracy: validation,
    testAccuracy: test,
    calibrationError: validation === null ? null : calibrationError(runs.predictions(record.id, 'validation'), record),
    modelBytes: model?.size ?? null,
    photosPerSecond: findModelCard(modelDirectory)?.photosPerSecond ?? null,
  }
}

function calibrationError(
  predictions: readonly { label: string; probabilities: Float32Array }[],
  { classes }: RunRecord,
): number {
  const places = new Map(classes.map(({ id }, place) => [id, place]))
  const labelled = predictions.filter(({ label }) => places.has(label))
  const data = Float32Array.from(labelled.flatMap(({ probabilities }) => [...probabilities]))
  const labels = labelled.map(({ label }) => places.get(label) as number)
  return reliability(matrix(data, classes.length), labels).expectedError
}

/** What has become of a planned training. */
function studyRun(project: Project, { variant, seed, run, hopeless }: PlannedRun): StudyRun {
  if (run === null) return { variant, seed, run, state: 'waiting', ...unknown, seconds: null, error: null }
  const record = project.runs.get(run)
  const { state, hasModel, seconds, error } = record
  const open = state === 'running' || state === 'paused' || state === 'interrupted'
  const done = state === 'finished' && hasModel && !hopeless
  return {
    variant,
    seed,
    run,
    state: open ? 'running' : done ? 'done' : state === 'failed' ? 'failed' : 'stopped',
    ...(done ? figuresOf(project, record) : unknown),
    seconds,
    error,
  }
}

/** A study with what its runs have come to. */
export function studyOf(project: Project, { id, number, spec, state, startedAt, planned }: StoredStudy): Study {
  const runs = planned.map((each) => studyRun(project, each))
  const summary = summariseVariants(spec, runs)
  return { id, number, spec, state, startedAt, runs, summary, sentence: studySentence({ spec, runs }) }
}
