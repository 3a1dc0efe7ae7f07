import { defineStore } from 'pinia'
import { computed, shallowReactive } from 'vue'
import type { Task } from '../../shared/task.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { useConnection } from './connection.ts'
import { useToasts } from './toasts.ts'

/** Long work of the main process. */
export const useTasks = defineStore('tasks', () => {
  const tasks = shallowReactive(new Map<string, Task>())
  const toasts = useToasts()

  const running = computed(() => [...tasks.values()].filter((task) => task.state === 'running'))
  /** The one that stands at the foot of the rail: training before all else. */
  const foremost = computed(() => running.value.find((task) => task.kind === 'train') ?? running.value.at(-1) ?? null)
  const runningOf = (kind: Task['kind']): Task | null => running.value.find((task) => task.kind === kind) ?? null

  const received = (task: Task) => {
    const before = tasks.get(task.id)
    tasks.set(task.id, task)
    if (before?.state === task.state) return
    if (task.state === 'failed' && task.error) toasts.failed(task.error)
    // Other work ends on a screen that shows what became of it.
    if (task.state === 'done' && task.kind === 'export') toasts.done(`${task.title}: done`)
  }

  const fetchAnew = async () => {
    try {
      const list = await fleuron().tasks.list()
      tasks.clear()
      for (const task of list) tasks.set(task.id, task)
    } catch (error) {
      toasts.failed(errorValue(error), { label: 'Try again', run: () => void fetchAnew() })
    }
  }

  const cancel = async (task: string) => {
    try {
      await fleuron().tasks.cancel({ task })
    } catch (error) {
      toasts.failed(errorValue(error))
    }
  }

  const start = () => {
    fleuron().tasks.onChanged(received)
    useConnection().onReopened(() => void fetchAnew())
    return fetchAnew()
  }

  return { tasks, running, foremost, runningOf, cancel, start }
})
