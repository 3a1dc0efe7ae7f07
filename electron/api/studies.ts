import type { StudiesService } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'
import type { ModelOption } from '../../shared/training.ts'
import type { OpenProject } from '../project/open-project.ts'
import { expandSweep } from '../train/study/expand-sweep.ts'
import { architectureStudy, augmentationStudy } from '../train/study/ready-studies.ts'
import type { StudyRunner } from '../train/study/study-runner.ts'
import { studyOf } from '../train/study/study-runs.ts'

export interface StudiesServiceOptions {
  project: OpenProject
  studies: StudyRunner
  /** Ways of training that there are. */
  options(): Promise<ModelOption[]>
}

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
    ready: async ({ kind, model, mode, seeds, set }) => {
      if (kind === 'architecture') {
        const ways = (await options()).filter(({ weights, featured }) => featured && isAtHand(weights))
        return architectureStudy(
          ways.map(({ title, subtitle, ...way }) => ({ ...way, title: `${title}, ${subtitle}` })),
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

const isAtHand = (weights: ModelOption['weights']): boolean => weights === 'not-needed' || weights === 'at-hand'
