import type { Augmentation } from '../../shared/training.ts'
import type { InputSize, View } from '../dataset/decoder-protocol.ts'

/** A photo on its way into a network. */
export interface InputPhoto {
  /** Opaque id: names the photo in every random draw. */
  readonly id: string
  /** Absolute path of the file. */
  readonly path: string
  /** Index of its class; −1 where there is none. */
  readonly label: number
}

/** Images ready to be run. The arrays belong to the pipeline and hold until the next batch is asked for. */
export interface Batch {
  /** How many images; only a last batch has fewer than were asked for. */
  readonly count: number
  /** [count, 3, imageSize, imageSize], RGB, 0 to 1 (the graph normalises). Never shared memory: ONNX Runtime refuses it. */
  readonly images: Float32Array
  /** [count], the class of each image. */
  readonly labels: Int32Array
  /** [count], the place of its photo in the list that was handed in. */
  readonly indices: Uint32Array
  /** [count], the place of its view in `views` (0 when training). */
  readonly views: Uint8Array
}

export interface TrainingRequest {
  readonly photos: readonly InputPhoto[]
  /** A list shorter than one batch makes one batch of all its photos. */
  readonly batchSize: number
  readonly augmentation: Augmentation
  readonly seed: number
  readonly epoch: number
  readonly signal?: AbortSignal | undefined
}

export interface ViewRequest {
  readonly photos: readonly InputPhoto[]
  readonly batchSize: number
  /** Each photo in each of these views, photo by photo. Left out: the plain view. */
  readonly views?: readonly View[] | undefined
  readonly signal?: AbortSignal | undefined
}

export interface InputPipelineOptions extends InputSize {
  /** Memory for photos that were decoded once, bytes; 0 keeps none. */
  readonly cacheBytes?: number | undefined
  /** Decoder threads; chosen from the computer's cores when left out. */
  readonly workers?: number | undefined
  /** Called once for a photo that cannot be read; the work goes on without it. */
  readonly onUnreadable?: ((photo: InputPhoto, reason: string) => void) | undefined
}

/** Photos become batches in decoder threads while the caller computes. Open one for a job and close it at its end. */
export interface InputPipeline {
  /**
   * One epoch: a seeded shuffle by (seed, epoch), augmented, full batches only (the rest of the shuffle is dropped).
   * A photo that cannot be read is replaced by its neighbour in the batch, so that every batch stays full.
   */
  trainingBatches(request: TrainingRequest): AsyncIterable<Batch>
  /** All photos in their order, nothing drawn at random but what `views` say; unreadable ones are left out. */
  viewBatches(request: ViewRequest): AsyncIterable<Batch>
  /** Ends the decoder threads and forgets the decoded photos. */
  close(): Promise<void>
}

/** Batches that one epoch of `trainingBatches` has. */
export declare function trainingBatchCount(photos: number, batchSize: number): number

export declare function openInputPipeline(options: InputPipelineOptions): InputPipeline
