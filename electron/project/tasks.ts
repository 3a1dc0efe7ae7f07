import type { Event } from '../../shared/contract.ts'
import { FleuronError, toErrorValue } from '../../shared/errors.ts'
import type { Task } from '../../shared/task.ts'
import { Emitter } from './emitter.ts'
import { newId } from './ids.ts'
import { throttle } from './throttle.ts'

/** What the work sees of its task. */
export interface TaskHandle {
  readonly id: string
  /** Aborted when the task is cancelled; its reason is the FleuronError 'cancelled' to end with. */
  readonly signal: AbortSignal
  /** How far it is; cheap, may be called for every photo. A total of null is not known. */
  progress(done: number, total: number | null): void
  /** A new title for a new part of the work, e.g. "Reading photos". */
  retitle(title: string): void
}

export interface StartedTask<T> {
  readonly id: string
  /** Settles with the work. Nobody has to wait for it: a failure is told by the task itself. */
  readonly finished: Promise<T>
}

/** Updates a second are enough for an eye; every one crosses to the window. */
const updateInterval = 100
/** Ended tasks that a late subscriber may still read. */
const endedKept = 20
/** The speed is that of the last seconds: a disk is slow at first, photos differ. */
const speedWindow = 10_000

interface Entry {
  task: Task
  abort: AbortController
  finished: Promise<unknown>
}

/** Long work in hand: told as data, apart from the work itself. */
export class Tasks {
  readonly #entries = new Map<string, Entry>()
  readonly #changed = new Emitter<Task>()

  readonly onChanged: Event<Task> = this.#changed.event

  /** Starts `work` at once. Its progress, end and failure are told through `onChanged` and `list`. */
  run<T>(kind: Task['kind'], title: string, unit: string, work: (task: TaskHandle) => Promise<T>): StartedTask<T> {
    const id = newId()
    const abort = new AbortController()
    const speed = new Speed()
    const entry: Entry = {
      task: { id, kind, title, state: 'running', done: 0, total: null, unit, etaSeconds: null, error: null },
      abort,
      finished: Promise.resolve(),
    }
    const tell = throttle(updateInterval, () => this.#changed.emit(entry.task))
    const update = (patch: Partial<Task>): void => {
      entry.task = { ...entry.task, ...patch }
      tell()
    }
    const end = (patch: Partial<Task>): void => {
      entry.task = { ...entry.task, ...patch, etaSeconds: null }
      tell.cancel()
      this.#changed.emit(entry.task)
      this.#dropOldest()
    }
    const handle: TaskHandle = {
      id,
      signal: abort.signal,
      progress: (done, total) => {
        if (entry.task.state === 'running') update({ done, total, etaSeconds: speed.eta(done, total) })
      },
      retitle: (newTitle) => update({ title: newTitle }),
    }
    this.#entries.set(id, entry)
    tell()

    const perform = async (): Promise<T> => {
      try {
        // The caller gets the id before the work says anything.
        await Promise.resolve()
        abort.signal.throwIfAborted()
        const result = await work(handle)
        end({ state: 'done', done: entry.task.total ?? entry.task.done })
        return result
      } catch (error) {
        const cancelled = abort.signal.aborted || (error instanceof FleuronError && error.code === 'cancelled')
        end({ state: cancelled ? 'cancelled' : 'failed', error: cancelled ? null : toErrorValue(error) })
        throw error
      }
    }
    const finished = perform()
    entry.finished = finished
    finished.catch(() => undefined)
    return { id, finished }
  }

  /** Tasks in hand and the last ones that ended, oldest first. */
  list(): Task[] {
    return [...this.#entries.values()].map((entry) => entry.task)
  }

  /** Asks the work to end; nothing happens to one that has ended. */
  cancel(id: string): void {
    const entry = this.#entries.get(id)
    if (!entry) throw new FleuronError('not-found', 'This task is no longer running; there is nothing to cancel.')
    if (entry.task.state !== 'running') return
    entry.abort.abort(new FleuronError('cancelled', `${entry.task.title}: stopped at your request.`))
  }

  /** Cancels everything and waits until it has let go. */
  async close(): Promise<void> {
    for (const { task } of this.#entries.values()) this.cancel(task.id)
    await Promise.allSettled([...this.#entries.values()].map((entry) => entry.finished))
  }

  #dropOldest(): void {
    const ended = [...this.#entries.values()].filter(({ task }) => task.state !== 'running')
    for (const { task } of ended.slice(0, -endedKept)) this.#entries.delete(task.id)
  }
}

/** Seconds left, from what was done within the last seconds. */
class Speed {
  readonly #samples: { at: number; done: number }[] = [{ at: performance.now(), done: 0 }]

  eta(done: number, total: number | null): number | null {
    const now = performance.now()
    const samples = this.#samples
    // A count that starts again is another part of the work.
    if (done < (samples.at(-1)?.done ?? 0)) samples.length = 0
    if (samples.length === 0 || now - (samples.at(-1)?.at ?? 0) >= updateInterval) samples.push({ at: now, done })
    while (samples.length > 2 && (samples[1]?.at ?? now) <= now - speedWindow) samples.shift()
    const first = samples[0]
    // Less than a second tells nothing yet.
    if (total === null || !first || done <= first.done || now - first.at < 1000) return null
    return ((total - done) * (now - first.at)) / (done - first.done) / 1000
  }
}
