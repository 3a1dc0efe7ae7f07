import type { Prediction } from '../../shared/prediction.ts'
import type { InputSize } from '../dataset/decoder-protocol.ts'
import type { RejectorThresholds } from '../evaluate/rejector.ts'
import { jobName } from '../train/compute/compute-protocol.ts'

export interface ClassifyInput {
  readonly model: {
    /** Absolute path of the model.onnx. */
    readonly path: string
    readonly classes: readonly string[]
    readonly size: InputSize
    readonly thresholds: RejectorThresholds
  }
  /** Absolute paths. */
  readonly photos: readonly string[]
}

/** What the model says of a photo; the sentence is made of it where it is shown. */
export interface Classified extends Omit<Prediction, 'sentence'> {
  /** Place in the list of photos. */
  readonly index: number
  /** One for each class, in the order of the classes. */
  readonly probabilities: Float32Array
}

export interface Unreadable {
  readonly index: number
  readonly reason: string
}

/** What is new since the last event, in the order of the photos. */
export interface ClassifyEvent {
  readonly classified: readonly Classified[]
  readonly unreadable: readonly Unreadable[]
}

export const classifyJob = jobName<ClassifyInput, ClassifyEvent, null>('classify')
