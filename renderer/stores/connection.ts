import { defineStore } from 'pinia'
import { ref } from 'vue'
import { elsewherePath, type ConnectionState } from '../../shared/websocket.ts'

/** Whether the window can reach the main process; stores fetch anew when it is reached again. */
export const useConnection = defineStore('connection', () => {
  const state = ref<ConnectionState>('open')
  const again = new Set<() => void>()
  let first = true

  const changed = (next: ConnectionState) => {
    state.value = next
    if (next === 'elsewhere') location.replace(elsewherePath)
    if (next !== 'open') return
    if (!first) for (const fetchAnew of again) fetchAnew()
    first = false
  }

  /** The answer unsubscribes. */
  const onReopened = (fetchAnew: () => void): (() => void) => {
    again.add(fetchAnew)
    return () => again.delete(fetchAnew)
  }

  return { state, changed, onReopened }
})
