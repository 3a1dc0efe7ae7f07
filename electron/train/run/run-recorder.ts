import type { ErrorValue } from '../../../shared/errors.ts'
import type { RunState, TrainProgress } from '../../../shared/training.ts'
import type { Project } from '../../project/project.ts'
import type { TaskHandle } from '../../project/tasks.ts'
import type { TrainJobEvent, TrainJobInput, TrainJobResult } from './train-job.ts'

/** Writes down in the project what becomes of a run, and tells the window. */
export class RunRecorder {
  readonly #project: Project
  readonly #run: string
  readonly #task: Pick<TaskHandle, 'progress'>
  readonly #tell: (progress: TrainProgress) => void
  readonly #began = performance.now()
  /** Of earlier attempts. A power cut leaves no more of them than their epochs. */
  readonly #secondsBefore: number

  constructor(
    project: Project,
    run: string,
    task: Pick<TaskHandle, 'progress'>,
    tell: (progress: TrainProgress) => void,
  ) {
    this.#project = project
    this.#run = run
    this.#task = task
    this.#tell = tell
    const { seconds, history } = project.runs.get(run)
    this.#secondsBefore = seconds ?? history.reduce((sum, epoch) => sum + epoch.seconds, 0)
  }

  /** The photos are being read. */
  reading(): void {
    const { settings, history, bestEpoch } = this.#project.runs.get(this.#run)
    this.#tell({
      run: this.#run,
      phase: 'preparing',
      message: 'Reading the photos',
      epoch: history.length,
      epochs: settings.epochs,
      batch: 0,
      batches: 0,
      imagesPerSecond: null,
      etaSeconds: null,
      loss: null,
      completed: null,
      detail: null,
      bestEpoch,
    })
  }

  receive(event: TrainJobEvent): void {
    const { runs, photos } = this.#project
    switch (event.kind) {
      case 'unreadable':
        return photos.update(new Map([[event.photo, { unreadable: event.reason }]]))
      case 'note':
        return runs.addWarning(this.#run, event.text)
      case 'resumed':
        return runs.replaceHistory(this.#run, event.history, event.details, event.bestEpoch)
      case 'progress': {
        const { progress, done, total } = event
        const { completed, detail, bestEpoch } = progress
        if (completed !== null) runs.addEpoch(this.#run, completed, bestEpoch, detail)
        this.#task.progress(done, total === 0 ? null : total)
        this.#tell(progress)
      }
    }
  }

  /** Writes down what the run has come to; its model is there. */
  keep({ classes, fingerprint }: TrainJobInput, result: TrainJobResult): void {
    const { state, bestEpoch, validation, test, error, predictions, made } = result
    const { fleuron: version, node, onnxruntime } = made.versions
    this.#project.runs.savePredictions(
      this.#run,
      predictions.map(({ label, ...rest }) => ({ ...rest, label: classes[label]?.id ?? '' })),
    )
    this.#project.runs.update(this.#run, {
      state,
      seconds: this.#seconds(),
      bestEpoch,
      // The epoch's own loss, measured before calibration, stays; accuracy is the same before and after.
      ...(validation === null ? {} : { validationAccuracy: validation.accuracy }),
      testAccuracy: test?.accuracy ?? null,
      origin: { fingerprint, version, node, onnxruntime, device: made.device, weights: made.weights },
      hasModel: true,
      error,
    })
  }

  end(state: RunState, error: ErrorValue | null): void {
    this.#project.runs.update(this.#run, { state, seconds: this.#seconds(), error })
  }

  #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#began) / 1000
  }
}
