import type { Event } from '../../../shared/contract.ts'
import { FleuronError, toErrorValue } from '../../../shared/errors.ts'
import type { QueuedRun, TrainingQueue as QueueState } from '../../../shared/queue.ts'
import type { TrainSettings } from '../../../shared/training.ts'
import { Emitter } from '../../project/emitter.ts'
import type { OpenProject } from '../../project/open-project.ts'
import type { Project } from '../../project/project.ts'
import { settingProblems } from '../settings/setting-problems.ts'
import type { StartedRun, TrainingRuns } from './training-runs.ts'

export interface TrainingQueueOptions {
  readonly project: OpenProject
  readonly runs: TrainingRuns
  /** Begins a run, as pressing Train would. */
  readonly begin: (settings: TrainSettings) => Promise<StartedRun>
}

/**
 * Runs that wait for their turn: the first one begins when nothing else trains. They are kept in the project. When it is
 * opened again they are held, and so they are while a run is paused: whoever wants the computer for himself does not want
 * the next one to begin.
 */
export class TrainingQueue {
  readonly #options: TrainingQueueOptions
  readonly #changed = new Emitter<QueueState>()
  readonly #unsubscribe: (() => void)[]
  #held = false
  /** The run by whose pause it is held: when that goes on, so does the queue. */
  #heldFor: string | null = null
  #beginning = false
  #closed = false

  readonly onChanged: Event<QueueState> = this.#changed.event

  constructor(options: TrainingQueueOptions) {
    this.#options = options
    const { project, runs } = options
    this.#unsubscribe = [
      project.onSwitched((next) => {
        this.#held = next !== null && next.queue.list().length > 0
      }),
      runs.onChanged(({ id, state }) => {
        if (state === 'paused' && !this.#held) {
          this.hold(true)
          this.#heldFor = id
        } else if (state === 'running' && id === this.#heldFor) this.hold(false)
        else void this.#advance()
      }),
    ]
  }

  /** Whether a run will begin as soon as nothing else trains. */
  get waiting(): boolean {
    const project = this.#options.project.get()
    return project !== null && this.#next(project) !== null
  }

  state(): QueueState {
    return { runs: this.#options.project.current().queue.list(), held: this.#held }
  }

  /**
   * At the end, unless a place from 0 is named; it begins at once when nothing trains and nothing waits.
   * @throws FleuronError 'invalid-input' when the settings do not suit the model
   */
  add(settings: TrainSettings, to?: number): QueuedRun {
    const [problem] = settingProblems(settings)
    if (problem !== undefined) throw new FleuronError('invalid-input', problem)
    const queued = this.#options.project.current().queue.add(settings, to)
    this.#tell()
    void this.#advance()
    return queued
  }

  /** @throws FleuronError 'not-found' when it has begun, or was taken out */
  move(queued: string, to: number): void {
    this.#options.project.current().queue.move(queued, to)
    this.#tell()
  }

  remove(queued: string): void {
    this.#options.project.current().queue.remove(queued)
    this.#tell()
  }

  /** Holds the queue, or lets it go on: what could not begin is tried again. An empty queue is never held. */
  hold(held: boolean): void {
    const { queue } = this.#options.project.current()
    this.#heldFor = null
    this.#held = held && queue.list().length > 0
    if (!held) queue.forgetProblems()
    this.#tell()
    void this.#advance()
  }

  /** Nothing begins any more; what waits is in the project. */
  close(): void {
    this.#closed = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
  }

  #next(project: Project): QueuedRun | null {
    if (this.#held || this.#closed || project.closing.aborted) return null
    return project.queue.list().find(({ problem }) => problem === null) ?? null
  }

  async #advance(): Promise<void> {
    const project = this.#options.project.get()
    if (project === null || this.#beginning || this.#options.runs.busy) return
    const next = this.#next(project)
    if (next === null) return
    this.#beginning = true
    try {
      await this.#options.begin(next.settings)
      project.queue.remove(next.id)
    } catch (error) {
      if (project.closing.aborted) return
      const { code, message } = toErrorValue(error)
      // Something else was faster: its end is told, and then it is tried again.
      if (code !== 'in-use') project.queue.setProblem(next.id, message)
    } finally {
      this.#beginning = false
      if (!project.closing.aborted) this.#tell()
    }
    void this.#advance()
  }

  #tell(): void {
    const state = this.state()
    if (state.runs.length === 0) this.#held = false
    this.#changed.emit({ ...state, held: this.#held })
  }
}
