import type { StudiesService } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'
import { isAtHand, type ModelOption } from '../../shared/training.ts'
import type { OpenProject } from '../project/open-project.ts'
import { expandSweep } from '../train/study/expand-sweep.ts'
import { architectureStudy, augmentationStudy, oneOfEachKind } from '../train/study/ready-studies.ts'
import type { StudyRunner } from '../train/study/study-runner.ts'
import { studyOf } from '../train/study/study-runs.ts'
import { checkWay, type Way } from '../train/settings/ways.ts'

export interface StudiesServiceOptions {
  project: OpenProject
  studies: StudyRunner
  /** Ways of training that there are. */
  options(): Promise<ModelOption[]>
}

/** @throws FleuronError invalid-input when there is no such way, not-ready when its weights are missing */
const chosen = (all: readonly ModelOption[], ways: readonly Way[]): ModelOption[] =>
  ways.map((way) => {
    checkWay(way)
    const option = all.find(({ model, mode }) => model === way.model && mode === way.mode) as ModelOption
    if (isAtHand(option)) return option
    throw new FleuronError(
      'not-ready',
      `The weights of ${option.title} are not on this computer; fetch them on the Train screen, name a folder that holds them (Settings, or FLEURON_WEIGHTS), or leave this network out.`,
    )
  })

export function createStudiesService({ project: open, studies, options }: StudiesServiceOptions): StudiesService {
  const recommended = async (): Promise<ModelOption> => {
    const all = await options()
    const [first] = [...all.filter((option) => option.recommended), ...all]
    if (first) return first
    throw new FleuronError('not-ready', 'There is no way of training yet; open a project with labelled photos first.')
  }

  return {
    list: async () => {
      const project = open.current()
      return project.studies.list().map((stored) => studyOf(project, stored))
    },
    get: async ({ study }) => {
      const project = open.current()
      return studyOf(project, project.studies.get(study))
    },
    ready: async ({ kind, model, mode, ways, seeds, set }) => {
      if (kind === 'architecture') {
        const all = await options()
        const compared = ways === undefined ? oneOfEachKind(all) : chosen(all, ways)
        return architectureStudy(
          compared.map(({ title, subtitle, ...way }) => ({ ...way, title: `${title}, ${subtitle}` })),
          { seeds, set },
        )
      }
      return augmentationStudy(model ?? 'simple_cnn', mode ?? 'scratch', { seeds, set })
    },
    sweep: async ({ spec }) => expandSweep(spec, await recommended()),
    start: async ({ spec }) => studies.start(spec),
    resume: async ({ study }) => studies.resume(study),
    pause: async ({ study }) => studies.pause(study),
    onChanged: studies.onChanged,
  }
}
