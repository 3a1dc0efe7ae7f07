import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { DeviceList } from '../../shared/device.ts'
import type { ErrorValue } from '../../shared/errors.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { useConnection } from './connection.ts'
import { useTasks } from './tasks.ts'
import { useToasts } from './toasts.ts'

/** What this computer computes on. */
export const useDevices = defineStore('devices', () => {
  const list = shallowRef<DeviceList | null>(null)
  /** Why there is no list. */
  const fault = shallowRef<ErrorValue | null>(null)
  const toasts = useToasts()
  const tasks = useTasks()

  const trial = computed(() => tasks.runningOf('trial'))

  const fetchAnew = async () => {
    fault.value = null
    try {
      list.value = await fleuron().devices.list()
    } catch (error) {
      fault.value = errorValue(error)
    }
  }

  const tryAll = () => toasts.attempt(() => fleuron().devices.try({}))
  const choose = (device: string) =>
    toasts.attempt(async () => {
      list.value = await fleuron().devices.choose({ device })
    })

  let started = false
  /** Called by whatever shows it; the first call counts. */
  const start = () => {
    if (started) return
    started = true
    fleuron().devices.onChanged((value) => (list.value = value))
    useConnection().onReopened(() => void fetchAnew())
    void fetchAnew()
  }

  return { list, fault, trial, fetchAnew, tryAll, choose, start }
})
