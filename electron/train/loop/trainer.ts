import type { Model, ModelState } from '../../engine/index.ts'
import type { Split } from '../../../shared/project.ts'
import type { RateSearch } from '../../../shared/training.ts'
import type { JobContext } from '../compute/compute-protocol.ts'
import type { InputPipeline } from './input-pipeline.ts'
import type { ProgressReporter } from './progress.ts'
import type { Probe, SeenPhotos } from './seen-photos.ts'
import type { SpeedName } from '../plan/speeds.ts'
import type { TrainJobEvent, TrainJobInput } from '../run/train-job.ts'
import type { LoopResult } from './train-loop.ts'

/** What every way of training works with. */
export interface RunTools {
  readonly input: TrainJobInput
  readonly model: Model
  readonly pipeline: InputPipeline
  readonly context: JobContext<TrainJobEvent>
  readonly progress: ProgressReporter
}

/** A model with the values of its best epoch, and what it makes of the photos. */
export interface TrainedModel {
  readonly state: ModelState
  readonly seen: Readonly<Record<Split, SeenPhotos>>
  readonly probe: Probe
  /** Hash of the pretrained weights; null without. */
  readonly weightsHash: string | null
}

/** One way of training, ready to go. */
export interface Trainer extends AsyncDisposable {
  learn(): Promise<LoopResult>
  /** Tries rising learning rates, and leaves nothing behind. */
  searchRate(told: (points: RateSearch['points']) => void): Promise<RateSearch>
  /** The model with these values of what learns. */
  complete(best: ReadonlyMap<string, Float32Array>): Promise<TrainedModel>
  /** Measured on the way. */
  readonly speeds: Record<SpeedName, number>
}

/** Photos to check the written model on: such as it was not trained on, as far as there are any. */
export const photosToProbe = ({ photos }: TrainJobInput): TrainJobInput['photos'][Split] =>
  photos.validation.length > 0 ? photos.validation : photos.train
