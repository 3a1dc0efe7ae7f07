import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type {
  RunMirror,
  TrackingProjectChange,
  TrackingServer,
  TrackingSettings,
  TrackingStatus,
} from '../../shared/tracking.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { useConnection } from './connection.ts'
import { useProject } from './project.ts'
import { useToasts } from './toasts.ts'

/** Where runs are mirrored to, and how far each has got there. */
export const useTracking = defineStore('tracking', () => {
  const settings = shallowRef<TrackingSettings | null>(null)
  const status = shallowRef<TrackingStatus | null>(null)
  const toasts = useToasts()
  const project = useProject()

  const byRun = computed(() => new Map(status.value?.runs.map((mirror) => [mirror.run, mirror])))
  /** How a run stands on the server; null where none is set. */
  const mirrorOf = (run: string): RunMirror | null => byRun.value.get(run) ?? null

  const fetchAnew = async () => {
    try {
      ;[settings.value, status.value] = await Promise.all([fleuron().tracking.settings(), fleuron().tracking.status()])
    } catch (error) {
      toasts.failed(errorValue(error), { label: 'Try again', run: () => void fetchAnew() })
    }
  }

  const change = (work: () => Promise<TrackingSettings>): Promise<boolean> =>
    toasts.attempt(async () => {
      settings.value = await work()
    })
  const setServer = (server: TrackingServer) => change(() => fleuron().tracking.setServer(server))
  const setProject = (wanted: TrackingProjectChange) => change(() => fleuron().tracking.setProject(wanted))

  const retry = () =>
    toasts.attempt(async () => {
      status.value = await fleuron().tracking.sync()
    })

  let started = false
  /** Called by whatever shows it; the first call counts. */
  const start = () => {
    if (started) return
    started = true
    fleuron().tracking.onChanged((value) => (status.value = value))
    fleuron().projects.onChanged((value) => {
      if (value?.id !== project.project?.id || settings.value === null) void fetchAnew()
    })
    useConnection().onReopened(() => void fetchAnew())
    void fetchAnew()
  }

  return { settings, status, mirrorOf, setServer, setProject, retry, start, fetchAnew }
})
