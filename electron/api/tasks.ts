import { randomUUID } from 'node:crypto'
import type { TasksService } from '../../shared/contract.ts'
import { createEmitter } from '../../shared/emitter.ts'
import { FleuronError, toErrorValue } from '../../shared/errors.ts'
import type { Task } from '../../shared/task.ts'

export interface TaskProgress {
  done?: number
  total?: number | null
  /** Left out, it is estimated from the time taken so far. */
  etaSeconds?: number | null
  title?: string
}

/** What the work of a task is given. */
export interface TaskContext {
  id: string
  /** Aborted when the user cancels or the application closes; the work then throws, and the task ends as cancelled. */
  signal: AbortSignal
  report(progress: TaskProgress): void
}

export interface TaskDescription {
  kind: Task['kind']
  title: string
  /** What is counted: "photos", "bytes", "epochs". */
  unit: string
  total?: number
}

export interface StartedTask<T> {
  id: string
  /** Rejects as the work does. Nobody has to wait for it: the task itself carries the error to the window. */
  finished: Promise<T>
}

/** Runs long work under a name, says how far it is and lets it be cancelled. */
export interface TaskRunner {
  start<T>(description: TaskDescription, work: (context: TaskContext) => Promise<T>): StartedTask<T>
}

export interface Tasks extends TaskRunner {
  service: TasksService
  /** Cancels what is running and waits until it has ended. */
  close(): Promise<void>
}

/** Updates between the first and the last are held back so that a quick loop does not flood the window. */
const updateMilliseconds = 100
/** Ended tasks that are still listed, so that a window that was reloaded sees how they ended. */
const endedKept = 20

interface Running {
  task: Task
  abort: AbortController
  ended: Promise<unknown>
}

export function createTasks(): Tasks {
  const changed = createEmitter<Task>()
  const running = new Map<string, Running>()
  const ended: Task[] = []

  const start = <T>(
    description: TaskDescription,
    work: (context: TaskContext) => Promise<T>,
  ): { id: string; finished: Promise<T> } => {
    const id = randomUUID()
    const abort = new AbortController()
    const began = performance.now()
    const task: Task = {
      id,
      kind: description.kind,
      title: description.title,
      state: 'running',
      done: 0,
      total: description.total ?? null,
      unit: description.unit,
      etaSeconds: null,
      error: null,
    }

    let timer: NodeJS.Timeout | undefined
    let lastUpdate = -Infinity
    const publish = () => {
      clearTimeout(timer)
      timer = undefined
      lastUpdate = performance.now()
      changed.emit({ ...task })
    }
    const report = (progress: TaskProgress) => {
      if (task.state !== 'running') return
      if (progress.done !== undefined) task.done = progress.done
      if (progress.total !== undefined) task.total = progress.total
      if (progress.title !== undefined) task.title = progress.title
      task.etaSeconds = progress.etaSeconds === undefined ? estimate(task, began) : progress.etaSeconds
      const wait = lastUpdate + updateMilliseconds - performance.now()
      if (wait <= 0) publish()
      else timer ??= setTimeout(publish, wait)
    }
    const end = (state: Task['state'], error: unknown) => {
      task.state = state
      task.etaSeconds = null
      task.error = state === 'failed' ? toErrorValue(error) : null
      running.delete(id)
      ended.push(task)
      if (ended.length > endedKept) ended.shift()
      publish()
    }

    // The work begins after the caller has the task's id, so that no event comes before its answer.
    const finished = Promise.resolve()
      .then(() => {
        publish()
        return work({ id, signal: abort.signal, report })
      })
      .then(
        (value) => {
          if (task.total !== null) task.done = task.total
          end('done', null)
          return value
        },
        (error: unknown) => {
          end(wasCancelled(error, abort.signal) ? 'cancelled' : 'failed', error)
          throw error
        },
      )
    const settled = finished.catch(() => undefined)
    running.set(id, { task, abort, ended: settled })
    return { id, finished }
  }

  const cancelAll = async () => {
    const all = [...running.values()]
    for (const { abort } of all) abort.abort(cancelled())
    await Promise.all(all.map(({ ended: end }) => end))
  }

  return {
    start,
    close: cancelAll,
    service: {
      list: async () => [...ended, ...[...running.values()].map(({ task }) => task)].map((task) => ({ ...task })),
      cancel: async ({ task }) => {
        const found = running.get(task)
        if (!found) {
          // Ended in the meantime: what the user wants has come about.
          if (ended.some(({ id }) => id === task)) return
          throw new FleuronError('not-found', 'This work is not known; it may belong to an earlier start of Fleuron.')
        }
        found.abort.abort(cancelled())
      },
      onChanged: changed.event,
    },
  }
}

const cancelled = () => new FleuronError('cancelled', 'You cancelled this; start it again when you want it.')

const wasCancelled = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted || (error instanceof FleuronError && error.code === 'cancelled')

/** Seconds left if it goes on as it has gone so far; null until there is something to go by. */
function estimate(task: Task, began: number): number | null {
  const seconds = (performance.now() - began) / 1000
  if (task.total === null || task.done <= 0 || seconds < 1) return null
  return (seconds * Math.max(0, task.total - task.done)) / task.done
}
