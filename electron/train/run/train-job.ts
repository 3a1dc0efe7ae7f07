import type { EpochDetail } from '../../../shared/epoch-detail.ts'
import type { ErrorValue } from '../../../shared/errors.ts'
import type { Split } from '../../../shared/project.ts'
import type { EpochMetrics, RateSearch, TrainProgress, TrainSettings } from '../../../shared/training.ts'
import type { ComputeDevice } from '../../engine/index.ts'
import { jobName } from '../compute/compute-protocol.ts'
import type { InputPhoto } from '../loop/input-pipeline.ts'
import type { SpeedName } from '../plan/speeds.ts'
import type { ModelCard, SplitMetrics } from '../model/model-folder.ts'

export interface TrainPhoto extends InputPhoto {
  /** Hash of the file's bytes. */
  readonly hash: string
}

/** All that a run needs in the compute process. */
export interface TrainJobInput {
  readonly run: { readonly id: string; readonly number: number }
  readonly project: string
  readonly settings: TrainSettings
  readonly classes: readonly { readonly id: string; readonly name: string }[]
  readonly photos: Readonly<Record<Split, readonly TrainPhoto[]>>
  readonly fingerprint: string
  /** Folder of the run, which is there: checkpoints and the model go into it. */
  readonly directory: string
  /** Folder for features that a later run can use again. */
  readonly features: string
  /** What computes; a run that goes on keeps the one it began with, unless that is gone. */
  readonly device: ComputeDevice
  /** File of pretrained weights; needed with a frozen backbone. */
  readonly weights: string | null
  readonly startedAt: string
  /** Seconds between two checkpoints within an epoch. */
  readonly checkpointSeconds: number
  /** Whether it goes on from where an earlier attempt has left it. */
  readonly resumes: boolean
  /** How often its passes are halved from the start: an attempt before this one lacked memory. */
  readonly halvings: number
  /** Seconds that earlier attempts took. */
  readonly secondsBefore: number
  /** Version of Fleuron, for the card. */
  readonly version: string
  /** Seconds that phases are expected to take, where this computer was measured: for the time left. */
  readonly expected: Readonly<Partial<Record<TrainProgress['phase'], number>>>
}

export type TrainJobEvent =
  /** `done` of `total` images of the phase in hand. */
  | { readonly kind: 'progress'; readonly progress: TrainProgress; readonly done: number; readonly total: number }
  | { readonly kind: 'unreadable'; readonly photo: string; readonly reason: string }
  /** The run was taken up where this history ends. */
  | {
      readonly kind: 'resumed'
      readonly history: readonly EpochMetrics[]
      readonly details: readonly EpochDetail[]
      readonly bestEpoch: number | null
    }
  /** Something about the run that is worth knowing: a sentence. */
  | { readonly kind: 'note'; readonly text: string }

/** What the model says of a photo. */
export interface SavedPrediction {
  readonly photo: string
  readonly split: Split
  /** Index of the label at the time of training. */
  readonly label: number
  /** Calibrated, in the order of the classes. */
  readonly probabilities: Float32Array
  /** The rejector's. */
  readonly score: number
}

/** Nothing but a checkpoint was left. */
export interface PausedResult {
  readonly state: 'paused'
}

export interface TrainJobResult {
  readonly state: 'finished' | 'stopped' | 'failed' | 'interrupted'
  /** Why a run failed that still kept its best epoch. */
  readonly error: ErrorValue | null
  readonly bestEpoch: number
  readonly validation: SplitMetrics | null
  readonly test: SplitMetrics | null
  readonly predictions: readonly SavedPrediction[]
  readonly modelDirectory: string
  /** What computed in the end: the processor where the device was gone. */
  readonly device: ComputeDevice
  /** What the card says of where the model was made, and of the weights it began with. */
  readonly made: Pick<ModelCard, 'versions' | 'device' | 'weights'>
  /** Measured on the way. */
  readonly speeds: Readonly<Record<SpeedName, number>>
}

/** Trains a model and writes its folder; the stop signal with the reason 'pause' leaves it to be taken up later. */
export const trainJob = jobName<TrainJobInput, TrainJobEvent, TrainJobResult | PausedResult>('train')

/** Makes the model of the best epoch that a run cut off left behind. */
export const finishJob = jobName<TrainJobInput, TrainJobEvent, TrainJobResult>('finish-run')

export type SearchEvent =
  { readonly kind: 'points'; readonly points: RateSearch['points'] } | Extract<TrainJobEvent, { kind: 'unreadable' }>

/** Looks for a learning rate; of the run only its photos and settings are used, and nothing is written. */
export const searchRateJob = jobName<TrainJobInput, SearchEvent, RateSearch>('search-rate')
