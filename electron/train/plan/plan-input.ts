import { availableParallelism } from 'node:os'
import { isMirrored, testTimeOf } from '../../../shared/policy.ts'
import type { TrainSettings } from '../../../shared/training.ts'
import { plannedSplits } from '../../dataset/training-set.ts'
import { trainingProblems, trainingWarnings } from '../../dataset/training-problems.ts'
import type { Project } from '../../project/project.ts'
import type { PlanInput } from './plan.ts'
import { settingProblems } from '../settings/setting-problems.ts'
import { unweighted } from '../loop/losses.ts'
import type { Speeds } from './speeds.ts'

/** What is known before a run begins; `suggestedRate` by a search for a rate. */
export function planInputOf(
  project: Project,
  settings: TrainSettings,
  speeds: Speeds,
  suggestedRate: number | null = null,
): PlanInput {
  return {
    settings,
    photos: plannedSplits(project),
    seenBefore: seenBefore(project, settings),
    speeds,
    freeMemory: process.availableMemory(),
    cores: availableParallelism(),
    suggestedRate,
    problems: [...settingProblems(settings), ...trainingProblems(project)],
    warnings: trainingWarnings(project, { weighted: settings.classWeights !== unweighted }),
  }
}

/** Settings that decide which features a photo has. */
const featuresOf = ({ model, mode, imageSize, extraViews, augmentation, seed }: TrainSettings): string =>
  JSON.stringify([
    [model, mode, imageSize, isMirrored(augmentation), testTimeOf(augmentation), extraViews],
    extraViews > 0 && [{ ...augmentation, testTime: undefined }, seed],
  ])

/** Photos that the latest run with the same features has looked at. */
function seenBefore(project: Project, settings: TrainSettings): number {
  if (settings.mode !== 'frozen') return 0
  const like = project.runs
    .list()
    .filter(({ hasModel, model, mode }) => hasModel && model === settings.model && mode === settings.mode)
    .map(({ id }) => project.runs.get(id))
    .find((run) => featuresOf(run.settings) === featuresOf(settings))
  return like ? like.photos.train + like.photos.validation + like.photos.test : 0
}
