import type { Event } from '../../../shared/contract.ts'
import { FleuronError } from '../../../shared/errors.ts'
import type { Study, StudySpec } from '../../../shared/study.ts'
import { isResumable, type RunSummary, type TrainSettings } from '../../../shared/training.ts'
import { Emitter } from '../../project/emitter.ts'
import type { OpenProject } from '../../project/open-project.ts'
import type { Project } from '../../project/project.ts'
import type { PlannedRun, StoredStudy } from '../../project/studies.ts'
import type { TaskHandle, Tasks } from '../../project/tasks.ts'
import { setSettings } from '../settings/set-settings.ts'
import { settingProblems } from '../settings/setting-problems.ts'
import { defaultSettings } from '../settings/settings.ts'
import type { TrainingQueue } from '../run/training-queue.ts'
import type { StartedRun, TrainingRuns } from '../run/training-runs.ts'
import { isHopeless } from './hopeless.ts'
import { studyOf } from './study-runs.ts'

export interface StudyRunnerOptions {
  readonly project: OpenProject
  readonly tasks: Tasks
  readonly runs: TrainingRuns
  /** Runs that the user trains beside the study. */
  readonly queue: Pick<TrainingQueue, 'waiting' | 'onChanged'>
  /** Begins a run of a study, as pressing Train would. */
  readonly begin: (settings: TrainSettings, study: RunSummary['study']) => Promise<StartedRun>
  /** Takes one up again. */
  readonly resume: (run: string) => Promise<StartedRun>
}

/** The study in hand. */
interface Current {
  readonly study: string
  readonly pause: AbortController
}

/** Carries out studies of the open project: one run after the other, to be paused and taken up at any time. */
export class StudyRunner {
  readonly #options: StudyRunnerOptions
  readonly #changed = new Emitter<Study>()
  #current: Current | null = null

  readonly onChanged: Event<Study> = this.#changed.event

  constructor(options: StudyRunnerOptions) {
    this.#options = options
  }

  /** @throws FleuronError 'in-use' while another study is in hand; 'not-ready' or 'invalid-input' when a variant cannot be trained */
  start(spec: StudySpec): { study: string; task: string } {
    const project = this.#options.project.current()
    this.#refuseSecond(project)
    // Every variant is looked at now: a mistake in the last one must not show after hours.
    spec.variants.forEach((_, variant) => settingsOf(project, spec, { variant, seed: 0 }))
    return this.#begin(project, project.studies.create(spec))
  }

  /** Goes on where the study was paused, or ended by its limits, with the run that was in hand. */
  resume(study: string): { study: string; task: string } {
    const project = this.#options.project.current()
    this.#refuseSecond(project)
    const stored = project.studies.get(study)
    if (!stored.planned.some((planned) => isOpen(project, planned))) {
      throw new FleuronError('not-ready', `Study ${stored.number} has come to its end; there is nothing to go on with.`)
    }
    project.studies.setState(study, 'running')
    return this.#begin(project, project.studies.get(study))
  }

  /** Pauses the run in hand, too; nothing happens to a study that is not running. */
  pause(study: string): void {
    this.#options.project.current().studies.get(study)
    if (this.#current?.study === study) this.#current.pause.abort()
  }

  #refuseSecond(project: Project): void {
    if (this.#current === null) return
    const { number } = project.studies.get(this.#current.study)
    throw new FleuronError('in-use', `Study ${number} is still running; wait until it has ended, or pause it first.`)
  }

  #begin(project: Project, stored: StoredStudy): { study: string; task: string } {
    const pause = new AbortController()
    this.#current = { study: stored.id, pause }
    const task = this.#options.tasks.run('study', stored.spec.name, 'runs', (handle) =>
      this.#carryOut(project, stored, AbortSignal.any([pause.signal, handle.signal, project.closing]), handle),
    )
    this.#tell(project, stored.id)
    return { study: stored.id, task: task.id }
  }

  async #carryOut(project: Project, { id, planned, spec }: StoredStudy, leave: AbortSignal, task: TaskHandle) {
    const began = performance.now()
    let counted = 0
    const count = (): void => {
      const seconds = (performance.now() - began) / 1000
      project.studies.addSeconds(id, seconds - counted)
      counted = seconds
    }
    try {
      for (const [place, each] of planned.entries()) {
        task.progress(place, planned.length)
        if (!isOpen(project, each)) continue
        if (leave.aborted || isSpent(project.studies.get(id), each)) break
        await this.#train(project, id, spec, each, leave)
        if (project.closing.aborted) return
        count()
        this.#tell(project, id)
      }
      const rest = project.studies.get(id).planned.some((each) => isOpen(project, each))
      project.studies.setState(id, leave.aborted && rest ? 'paused' : 'finished')
      task.progress(planned.length, planned.length)
    } catch (error) {
      if (!project.closing.aborted) project.studies.setState(id, 'paused')
      throw error
    } finally {
      this.#current = null
      if (!project.closing.aborted) this.#tell(project, id)
    }
  }

  /** Trains one planned run to its end, or until the study is left. */
  async #train(project: Project, study: string, spec: StudySpec, planned: PlannedRun, leave: AbortSignal) {
    const { runs } = this.#options
    const ending = new AbortController()
    const ended = this.#ended(ending.signal)
    const run = await this.#beginWhenFree(project, study, spec, planned, leave)
    if (run === null) return ending.abort()
    project.studies.setRun(study, planned, run)
    this.#tell(project, study)
    const onLeave = (): void => {
      if (!project.closing.aborted) runs.pause(run)
    }
    leave.addEventListener('abort', onLeave)
    if (leave.aborted) onLeave()
    const unwatch = spec.stopHopeless ? this.#watch(project, study, run) : () => undefined
    try {
      await ended(run, project.closing)
    } finally {
      unwatch()
      ending.abort()
      leave.removeEventListener('abort', onLeave)
    }
  }

  /** Ends of runs from now on: one that ends before it is asked for is not missed. */
  #ended(until: AbortSignal): (run: string, closing: AbortSignal) => Promise<void> {
    const over = new Set<string>()
    let wanted: { run: string; resolve: () => void } | null = null
    const unsubscribe = this.#options.runs.onChanged(({ id, state }) => {
      if (state === 'running') return
      over.add(id)
      if (wanted?.run === id) wanted.resolve()
    })
    until.addEventListener('abort', () => unsubscribe(), { once: true })
    return (run, closing) =>
      new Promise((resolve) => {
        if (over.has(run) || closing.aborted) resolve()
        wanted = { run, resolve }
        closing.addEventListener('abort', () => resolve(), { once: true })
      })
  }

  /** Begins the run once nothing else trains; null when the study was left before. */
  async #beginWhenFree(project: Project, study: string, spec: StudySpec, planned: PlannedRun, leave: AbortSignal) {
    const { begin, resume } = this.#options
    for (;;) {
      await this.#untilFree(leave)
      if (leave.aborted) return null
      try {
        const { run } =
          planned.run === null
            ? await begin(settingsOf(project, spec, planned), { id: study, name: spec.name })
            : await resume(planned.run)
        return run
      } catch (error) {
        // The user was faster.
        if (!(error instanceof FleuronError && error.code === 'in-use')) throw error
      }
    }
  }

  /** Runs that the user trains between two of a study go first. */
  async #untilFree(leave: AbortSignal): Promise<void> {
    const { runs, queue } = this.#options
    const isFree = (): boolean => !runs.busy && !queue.waiting
    if (isFree() || leave.aborted) return
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!isFree() && !leave.aborted) return
        for (const unsubscribe of subscriptions) unsubscribe()
        leave.removeEventListener('abort', look)
        resolve()
      }
      const subscriptions = [runs.onChanged(look), queue.onChanged(look)]
      leave.addEventListener('abort', look)
    })
  }

  /** Stops the run as soon as it has fallen behind those that are done. */
  #watch(project: Project, study: string, run: string): () => void {
    const accuracies = (of: string): number[] =>
      project.runs.get(of).history.map(({ validationAccuracy }) => validationAccuracy)
    const finished = project.studies
      .get(study)
      .planned.flatMap((planned) =>
        planned.run !== null && planned.run !== run && !planned.hopeless && !isOpen(project, planned)
          ? [accuracies(planned.run)]
          : [],
      )
    return this.#options.runs.onProgress((progress) => {
      if (progress.run !== run || progress.completed === null || !isHopeless(accuracies(run), finished)) return
      project.studies.markHopeless(run)
      this.#options.runs.stop(run)
    })
  }

  #tell(project: Project, study: string): void {
    this.#changed.emit(studyOf(project, project.studies.get(study)))
  }
}

/** Whether it is still to be trained, in part or whole. */
const isOpen = (project: Project, { run }: PlannedRun): boolean =>
  run === null || isResumable(project.runs.get(run)) || project.runs.get(run).state === 'running'

/** Whether the study's limits leave no room for a further run; one that has begun is brought to its end. */
function isSpent({ spec, planned, seconds }: StoredStudy, next: PlannedRun): boolean {
  if (next.run !== null) return false
  const { maximumRuns = Infinity, maximumHours = Infinity } = spec
  return planned.filter(({ run }) => run !== null).length >= maximumRuns || seconds >= maximumHours * 3600
}

/** @throws FleuronError with the name of the variant */
function settingsOf(
  project: Project,
  { variants }: StudySpec,
  { variant, seed }: Pick<PlannedRun, 'variant' | 'seed'>,
): TrainSettings {
  const chosen = variants[variant]
  if (chosen === undefined) throw new Error(`There is no variant ${variant}.`)
  const { name, model, mode, set } = chosen
  const labelled = project.classes.list().reduce((sum, { count }) => sum + count, 0)
  try {
    const assignments = Object.entries(set).map(([key, value]) => `${key}=${value}`)
    const settings = { ...setSettings(defaultSettings(model, mode, labelled), assignments), seed }
    const [problem] = settingProblems(settings)
    if (problem !== undefined) throw new FleuronError('invalid-input', problem)
    return settings
  } catch (error) {
    if (!(error instanceof FleuronError)) throw error
    throw new FleuronError(error.code, `“${name}” cannot be trained: ${error.message}`, { cause: error })
  }
}
