import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { ErrorValue } from '../../shared/errors.ts'
import type { Study, StudySpec } from '../../shared/study.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { useConnection } from './connection.ts'
import { useProject } from './project.ts'
import { useToasts } from './toasts.ts'

/** The studies of the open project, newest first. */
export const useStudies = defineStore('studies', () => {
  const project = useProject()
  const toasts = useToasts()
  const studies = shallowRef<readonly Study[] | null>(null)
  const error = shallowRef<ErrorValue | null>(null)

  const running = computed(() => studies.value?.find(({ state }) => state === 'running') ?? null)

  const fetchAnew = async () => {
    try {
      studies.value = await fleuron().studies.list()
      error.value = null
    } catch (failure) {
      error.value = errorValue(failure)
    }
  }

  const received = (study: Study) => {
    const others = (studies.value ?? []).filter(({ id }) => id !== study.id)
    studies.value = [...others, study].sort((a, b) => b.number - a.number)
  }

  /** Answers the study, or null when it did not begin; what went wrong was said. */
  const begin = async (work: () => Promise<{ study: string }>): Promise<string | null> => {
    let study: string | null = null
    await toasts.attempt(async () => {
      study = (await work()).study
    })
    return study
  }
  const start = (spec: StudySpec) => begin(() => fleuron().studies.start({ spec }))
  const resume = (study: string) => begin(() => fleuron().studies.resume({ study }))
  const pause = (study: string) => toasts.attempt(() => fleuron().studies.pause({ study }))

  fleuron().studies.onChanged(received)
  useConnection().onReopened(() => void fetchAnew())
  watch(
    () => project.project?.id,
    () => {
      studies.value = null
      error.value = null
    },
  )

  return { studies, error, running, fetchAnew, start, resume, pause }
})
