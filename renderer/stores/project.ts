import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { CreateProject } from '../../shared/contract-inputs.ts'
import type { ErrorValue } from '../../shared/errors.ts'
import type { ClassInfo, Project } from '../../shared/project.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { useConnection } from './connection.ts'

/** The open project and its classes, as the main process last told them. */
export const useProject = defineStore('project', () => {
  const project = shallowRef<Project | null>(null)
  /** False until the main process has said whether a project is open. */
  const known = shallowRef(false)
  const error = shallowRef<ErrorValue | null>(null)

  const classes = computed<readonly ClassInfo[]>(() => project.value?.classes ?? [])
  const byId = computed(() => new Map(classes.value.map((info) => [info.id, info])))
  const byKey = computed(() => new Map(classes.value.flatMap((info) => (info.key === null ? [] : [[info.key, info]]))))
  const classById = (id: string | null): ClassInfo | undefined => (id === null ? undefined : byId.value.get(id))
  const classByKey = (key: string): ClassInfo | undefined => byKey.value.get(key)

  const received = (value: Project | null) => {
    project.value = value
    known.value = true
    error.value = null
  }

  const fetchAnew = async () => {
    try {
      received(await fleuron().projects.current())
    } catch (failure) {
      error.value = errorValue(failure)
    }
  }

  /** Each throws what the main process said. */
  const open = async (directory: string) => received(await fleuron().projects.open({ directory }))
  const create = async (input: CreateProject) => received((await fleuron().projects.create(input)).project)
  const openSample = async () => received((await fleuron().projects.openSample()).project)
  const rename = async (name: string) => received(await fleuron().projects.rename({ name }))
  const close = async () => {
    await fleuron().projects.close()
    received(null)
  }

  const start = () => {
    fleuron().projects.onChanged(received)
    useConnection().onReopened(() => void fetchAnew())
    return fetchAnew()
  }

  return {
    project,
    known,
    error,
    classes,
    classById,
    classByKey,
    fetchAnew,
    open,
    create,
    openSample,
    rename,
    close,
    start,
  }
})
