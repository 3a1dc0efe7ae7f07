import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import type { Event } from '../../shared/contract.ts'
import { FleuronError, toErrorValue } from '../../shared/errors.ts'
import type { RunOrigin } from '../../shared/run.ts'
import type { RunSummary, TrainProgress, TrainSettings } from '../../shared/training.ts'
import { readTrainingSet, plannedSplits, type TrainingSet } from '../dataset/training-set.ts'
import { trainingProblems } from '../dataset/training-problems.ts'
import { modelEntry } from '../engine/index.ts'
import { Emitter } from '../project/emitter.ts'
import type { OpenProject } from '../project/open-project.ts'
import type { Project } from '../project/project.ts'
import type { TaskHandle, Tasks } from '../project/tasks.ts'
import { hasCheckpoint } from './checkpoint.ts'
import type { ComputeClient } from './compute-client.ts'
import { thisDevice } from './device.ts'
import { requireWeights, type WeightPlaces } from './find-weights.ts'
import { modelsWithWeights } from './model-options.ts'
import { expectedSeconds, planTraining } from './plan.ts'
import { planInputOf, settingProblems } from './plan-input.ts'
import type { Speeds } from './speeds.ts'
import { finishJob, trainJob, type TrainJobEvent, type TrainJobInput, type TrainJobResult } from './train-job.ts'

export interface TrainingRunsOptions {
  readonly project: OpenProject
  readonly tasks: Tasks
  readonly compute: ComputeClient
  readonly speeds: Speeds
  /** Version of Fleuron. */
  readonly version: string
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
  start(settings: TrainSettings, places: WeightPlaces): { run: string; task: string } {
    if (this.#current !== null) {
      throw new FleuronError(
        'in-use',
        `Run ${this.#current.number} is still training; wait until it has ended, or stop it first.`,
      )
    }
    const project = this.#options.project.current()
    const [problem] = [...settingProblems(settings), ...trainingProblems(project)]
    if (problem !== undefined) throw new FleuronError('not-ready', problem)
    const weights = settings.mode === 'frozen' ? requireWeights(settings.model, modelsWithWeights, places) : null
    const { id, number } = project.runs.create({
      settings,
      classes: project.classes
        .list()
        .flatMap(({ id: classId, name, count }) => (count > 0 ? [{ id: classId, name }] : [])),
      photos: plannedSplits(project),
    })
    const stop = new AbortController()
    const { title } = modelEntry(settings.model)
    const task = this.#options.tasks.run('train', `Training ${title}`, 'photos', (handle) =>
      this.#carryOut(project, id, weights, stop.signal, handle),
    )
    this.#current = { id, number, project, task: task.id, stop }
    this.#changed.emit(project.runs.get(id))
    return { run: id, task: task.id }
  }

  /** Ends the run after the batch in hand and keeps its best epoch; nothing happens to one that has ended. */
  stop(run: string): void {
    this.#inHand(run)?.stop.abort()
  }

  cancel(run: string): void {
    const current = this.#inHand(run)
    if (current) this.#options.tasks.cancel(current.task)
  }

  /** The run if it is training; null when it has ended. @throws FleuronError 'not-found' */
  #inHand(run: string): Current | null {
    if (this.#current?.id === run) return this.#current
    this.#options.project.current().runs.get(run)
    return null
  }

  async #carryOut(
    project: Project,
    run: string,
    weights: string | null,
    stop: AbortSignal,
    task: TaskHandle,
  ): Promise<void> {
    const began = performance.now()
    const signal = AbortSignal.any([task.signal, project.closing])
    const seconds = (): number => (performance.now() - began) / 1000
    // The project can still be written to at this moment, and no longer when the run has let go.
    const onClosing = (): void => project.runs.update(run, { state: 'cancelled', seconds: seconds() })
    project.closing.addEventListener('abort', onClosing)
    try {
      const input = await this.#prepare(project, run, weights, signal, task)
      const onEvent = (event: TrainJobEvent): void => {
        if (!project.closing.aborted) this.#receive(project, event, task)
      }
      const result = await this.#train(input, { onEvent, signal, stop })
      project.closing.throwIfAborted()
      this.#keep(project, input, result, seconds())
      await this.#options.speeds.record(result.speeds)
      // The model is kept, and the user still has to hear what went wrong.
      if (result.error !== null) throw FleuronError.fromValue(result.error)
    } catch (error) {
      if (!project.closing.aborted && project.runs.get(run).state === 'running') {
        const cancelled = signal.aborted || (error instanceof FleuronError && error.code === 'cancelled')
        const state = cancelled ? 'cancelled' : stop.aborted ? 'stopped' : 'failed'
        project.runs.update(run, { state, seconds: seconds(), error: cancelled ? null : toErrorValue(error) })
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

  /** Reads the photos and writes down what the run begins with. */
  async #prepare(
    project: Project,
    run: string,
    weights: string | null,
    signal: AbortSignal,
    task: TaskHandle,
  ): Promise<TrainJobInput> {
    const { settings, number, startedAt } = project.runs.get(run)
    this.#progress.emit({
      run,
      phase: 'preparing',
      message: 'Reading the photos',
      epoch: 0,
      epochs: settings.epochs,
      batch: 0,
      batches: 0,
      imagesPerSecond: null,
      etaSeconds: null,
      loss: null,
      completed: null,
      bestEpoch: null,
    })
    const set = await readTrainingSet(project, {
      seed: settings.seed,
      signal,
      onProgress: (done, total) => task.progress(done, total),
    })
    const photos = {
      train: set.photos.filter(({ split }) => split === 'train'),
      validation: set.photos.filter(({ split }) => split === 'validation'),
      test: set.photos.filter(({ split }) => split === 'test'),
    }
    const counts = { train: photos.train.length, validation: photos.validation.length, test: photos.test.length }
    const plan = planInputOf(project, settings, this.#options.speeds)
    const origin: RunOrigin = {
      fingerprint: fingerprintOf(set),
      version: this.#options.version,
      node: process.versions.node,
      onnxruntime: null,
      device: thisDevice(),
      weights: weights === null ? null : { file: basename(weights), hash: null },
    }
    const warnings = [...planTraining(plan).warnings, ...skippedWarning(set)]
    project.runs.update(run, { classes: set.classes, photos: counts, origin, warnings })
    project.runs.setPhotos(
      run,
      set.photos.map(({ id, label }) => ({ id, classId: set.classes[label]?.id ?? '' })),
    )
    return {
      run: { id: run, number },
      project: project.name,
      settings,
      classes: set.classes,
      photos,
      fingerprint: origin.fingerprint,
      directory: project.runs.directory(run),
      features: join(project.directory, 'cache', 'features'),
      weights,
      startedAt,
      version: this.#options.version,
      expected: expectedSeconds(plan),
    }
  }

  /** Trains; when the compute process dies under it, a new one makes the model of the last checkpoint. */
  async #train(
    input: TrainJobInput,
    options: { onEvent: (event: TrainJobEvent) => void; signal: AbortSignal; stop: AbortSignal },
  ): Promise<TrainJobResult> {
    const { compute } = this.#options
    try {
      return await compute.run(trainJob, input, options)
    } catch (error) {
      const { onEvent, signal } = options
      const died = error instanceof FleuronError && error.code === 'compute-failed'
      if (!died || signal.aborted || !hasCheckpoint(input.directory)) throw error
      const kept = await compute.run(finishJob, input, { onEvent, signal }).catch(() => {
        throw error
      })
      const message = `${error.message} The model of epoch ${kept.bestEpoch}, the best until then, was kept.`
      return { ...kept, error: { ...error.toValue(), message } }
    }
  }

  #receive(project: Project, event: TrainJobEvent, task: TaskHandle): void {
    switch (event.kind) {
      case 'unreadable':
        project.photos.update(new Map([[event.photo, { unreadable: event.reason }]]))
        return
      case 'progress': {
        const { progress, done, total } = event
        const { run, completed, bestEpoch } = progress
        if (completed !== null) {
          project.runs.addEpoch(run, completed)
          if (completed.epoch === bestEpoch) {
            const { validationAccuracy, validationLoss } = completed
            project.runs.update(run, { bestEpoch, validationAccuracy, validationLoss })
          }
        }
        task.progress(done, total === 0 ? null : total)
        this.#progress.emit(progress)
      }
    }
  }

  /** Writes down what the run has come to; its model is there. */
  #keep(project: Project, { run, classes, fingerprint }: TrainJobInput, result: TrainJobResult, seconds: number): void {
    const { state, bestEpoch, validation, test, error, predictions, made } = result
    const { fleuron: version, node, onnxruntime } = made.versions
    project.runs.savePredictions(
      run.id,
      predictions.map(({ label, ...rest }) => ({ ...rest, label: classes[label]?.id ?? '' })),
    )
    project.runs.update(run.id, {
      state,
      seconds,
      bestEpoch,
      // The epoch's own loss, measured before calibration, stays; accuracy is the same before and after.
      ...(validation === null ? {} : { validationAccuracy: validation.accuracy }),
      testAccuracy: test?.accuracy ?? null,
      origin: { fingerprint, version, node, onnxruntime, device: made.device, weights: made.weights },
      hasModel: true,
      error,
    })
  }
}

function skippedWarning({ skipped }: TrainingSet): string[] {
  if (skipped.length === 0) return []
  const photos = skipped.length === 1 ? '1 labelled photo' : `${skipped.length} labelled photos`
  return [`${photos} could not be read and took no part.`]
}

/** Equal for equal photos, classes and splits, wherever the files are and whatever they are called. */
function fingerprintOf({ classes, photos }: TrainingSet): string {
  const lines = photos.map(({ hash, label, split }) => `${hash} ${split} ${classes[label]?.name}`).sort()
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}
