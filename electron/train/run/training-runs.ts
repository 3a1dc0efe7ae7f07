import type { Event } from '../../../shared/contract.ts'
import { FleuronError, toErrorValue } from '../../../shared/errors.ts'
import { isResumable, type RunSummary, type TrainProgress, type TrainSettings } from '../../../shared/training.ts'
import { plannedSplits } from '../../dataset/training-set.ts'
import { trainingProblems } from '../../dataset/training-problems.ts'
import { modelEntry, type ComputeDevice } from '../../engine/index.ts'
import { Emitter } from '../../project/emitter.ts'
import type { OpenProject } from '../../project/open-project.ts'
import type { Project } from '../../project/project.ts'
import type { TaskHandle, Tasks } from '../../project/tasks.ts'
import { ProcessEnded, type ComputeClient } from '../compute/compute-client.ts'
import type { WeightPlaces } from '../weights/find-weights.ts'
import { weightsOf } from '../settings/weights-of-settings.ts'
import { settingProblems } from '../settings/setting-problems.ts'
import { prepareInput } from './run-input.ts'
import { RunRecorder } from './run-recorder.ts'
import type { Speeds } from '../plan/speeds.ts'
import { trainThroughLosses } from './train-through-losses.ts'
import type { TrainJobEvent } from './train-job.ts'

export interface TrainingRunsOptions {
  readonly project: OpenProject
  readonly tasks: Tasks
  readonly compute: ComputeClient
  readonly speeds: Speeds
  /** Version of Fleuron. */
  readonly version: string
}

/** A run that was begun or taken up, and the task that carries it out. */
export interface StartedRun {
  run: string
  task: string
}

/** What a new run has beside its settings. */
interface RunStart {
  /** What it computes on. */
  readonly device: ComputeDevice
  readonly warnings?: readonly string[]
  readonly study?: RunSummary['study']
}

interface RunWay {
  readonly weights: string | null
  readonly device: ComputeDevice
  readonly resumes: boolean
}

/** A run in hand. */
interface Current {
  readonly id: string
  readonly number: number
  readonly project: Project
  readonly task: string
  readonly stop: AbortController
}

/** Training runs of the open project: one at a time, on disk from their beginning. */
export class TrainingRuns {
  readonly #options: TrainingRunsOptions
  readonly #progress = new Emitter<TrainProgress>()
  readonly #changed = new Emitter<RunSummary>()
  #current: Current | null = null

  readonly onProgress: Event<TrainProgress> = this.#progress.event
  readonly onChanged: Event<RunSummary> = this.#changed.event

  constructor(options: TrainingRunsOptions) {
    this.#options = options
  }

  /** Whether a run is in hand. */
  get busy(): boolean {
    return this.#current !== null
  }

  /**
   * @throws FleuronError 'in-use' while another run is training; 'not-ready' when labels or weights are wanting;
   *   'invalid-input' when the settings do not suit the model
   */
  start(settings: TrainSettings, places: WeightPlaces, { device, warnings = [], study = null }: RunStart): StartedRun {
    this.#refuseSecond()
    const project = this.#options.project.current()
    const [problem] = [...settingProblems(settings), ...trainingProblems(project)]
    if (problem !== undefined) throw new FleuronError('not-ready', problem)
    const weights = weightsOf(settings, places)
    const { id } = project.runs.create({
      settings,
      classes: project.classes
        .list()
        .flatMap(({ id: classId, name, count }) => (count > 0 ? [{ id: classId, name }] : [])),
      photos: plannedSplits(project),
      study,
    })
    for (const warning of warnings) project.runs.addWarning(id, warning)
    return this.#begin(project, id, { weights, device, resumes: false })
  }

  /**
   * Goes on with a run that was paused or cut off, from its last checkpoint and on the photos and labels it began with.
   * Its device is the one it began with; `device` holds where it was cut off before it had any.
   * @throws FleuronError as `start` does; 'not-found'; 'not-ready' when the run has come to an end
   */
  resume(run: string, places: WeightPlaces, device: ComputeDevice): StartedRun {
    this.#refuseSecond()
    const project = this.#options.project.current()
    const { state, settings, number } = project.runs.get(run)
    if (!isResumable({ state })) {
      throw new FleuronError(
        'not-ready',
        `Run ${number} has come to its end; only a paused or interrupted run goes on.`,
      )
    }
    const weights = weightsOf(settings, places)
    project.runs.update(run, { state: 'running', error: null })
    return this.#begin(project, run, { weights, device, resumes: true })
  }

  /** Ends the run after the batch in hand and keeps its best epoch; nothing happens to one that has ended. */
  stop(run: string): void {
    this.#inHand(run)?.stop.abort('stop')
  }

  /** Leaves the run after the step in hand, to be taken up again by `resume`; nothing happens to one that has ended. */
  pause(run: string): void {
    this.#inHand(run)?.stop.abort('pause')
  }

  cancel(run: string): void {
    const current = this.#inHand(run)
    if (current) this.#options.tasks.cancel(current.task)
  }

  #refuseSecond(): void {
    if (this.#current === null) return
    throw new FleuronError(
      'in-use',
      `Run ${this.#current.number} is still training; wait until it has ended, or pause or stop it first.`,
    )
  }

  #begin(project: Project, id: string, way: RunWay): StartedRun {
    const { number, settings } = project.runs.get(id)
    const stop = new AbortController()
    const { title } = modelEntry(settings.model)
    const task = this.#options.tasks.run('train', `Training ${title}`, 'photos', (handle) =>
      this.#carryOut(project, id, way, stop.signal, handle),
    )
    this.#current = { id, number, project, task: task.id, stop }
    this.#changed.emit(project.runs.get(id))
    return { run: id, task: task.id }
  }

  /** The run if it is training; null when it has ended. @throws FleuronError 'not-found' */
  #inHand(run: string): Current | null {
    if (this.#current?.id === run) return this.#current
    this.#options.project.current().runs.get(run)
    return null
  }

  async #carryOut(project: Project, run: string, way: RunWay, stop: AbortSignal, task: TaskHandle): Promise<void> {
    const signal = AbortSignal.any([task.signal, project.closing])
    const recorder = new RunRecorder(project, run, task, (progress) => this.#progress.emit(progress))
    // The project can still be written to at this moment, and no longer when the run has let go.
    const onClosing = (): void => recorder.end('interrupted', null)
    project.closing.addEventListener('abort', onClosing)
    try {
      const { version, speeds } = this.#options
      recorder.reading()
      const rest = { ...way, version, speeds }
      const input = await prepareInput(project, run, rest, { signal, progress: task.progress })
      const onEvent = (event: TrainJobEvent): void => {
        if (project.closing.aborted) return
        recorder.receive(event)
        // What is shown of the run is no longer all there is, or more than there is.
        if (event.kind === 'note' || event.kind === 'resumed') this.#changed.emit(project.runs.get(run))
      }
      const result = await trainThroughLosses(this.#options.compute, input, { onEvent, signal, stop })
      project.closing.throwIfAborted()
      if (result.state === 'paused') return recorder.end('paused', null)
      recorder.keep(input, result)
      await speeds.on(result.device, input.settings).record(result.speeds)
      // The model is kept, and the user still has to hear what went wrong.
      if (result.error !== null) throw FleuronError.fromValue(result.error)
    } catch (error) {
      if (!project.closing.aborted && project.runs.get(run).state === 'running') {
        const cancelled = signal.aborted || (error instanceof FleuronError && error.code === 'cancelled')
        if (cancelled) recorder.end('cancelled', null)
        else if (error instanceof ProcessEnded) recorder.end('interrupted', toErrorValue(error))
        else recorder.end(stop.aborted ? 'stopped' : 'failed', toErrorValue(error))
      }
      throw error
    } finally {
      project.closing.removeEventListener('abort', onClosing)
      this.#current = null
      if (!project.closing.aborted) {
        this.#changed.emit(project.runs.get(run))
        // Not only when it is closed: a process that is killed closes nothing.
        void this.#options.project.remember()
      }
    }
  }
}
