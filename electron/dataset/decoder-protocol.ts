import type { Policy } from '../../shared/policy.ts'

/** The square a network looks at: pixels are resized and cropped to it. */
export interface InputSize {
  /** Side of the square, pixels. */
  readonly imageSize: number
  /** Shorter side of the photo before the central square is cut out of it; imageSize or more. */
  readonly resizeTo: number
}

/**
 * One way of looking at a photo. 'plain': resized and cropped to the middle, as for validation, features and field
 * photos; 'mirrored': the same seen in a mirror; 'augmented': drawn by (seed, epoch, photo), the same on any worker.
 */
export type View =
  | { readonly kind: 'plain' }
  | { readonly kind: 'mirrored' }
  | { readonly kind: 'augmented'; readonly policy: Policy; readonly seed: number; readonly epoch: number }

export interface DecoderPhoto {
  /** Names the photo in every random draw. */
  readonly id: string
  /** Absolute path of the file. */
  readonly path: string
  /** Hash of its bytes: by it decoded pixels are known when they are kept for longer than a run. */
  readonly hash?: string | undefined
}

/** Pixels that one decoder thread has read and the others may use: 8-bit RGB, interleaved. */
export interface SharedPixels {
  readonly key: string
  /** Hash of the photo, or its path. */
  readonly photo: string
  readonly data: SharedArrayBuffer
  readonly width: number
  readonly height: number
}

/** What a decoder thread is born with. */
export interface DecoderData {
  readonly size: InputSize
  /** One Int32: kilobytes that decoded photos may still take in memory, all threads together. */
  readonly budget: SharedArrayBuffer
}

/**
 * Work for all decoder threads: each takes the next photo that nobody has taken yet, so that no thread waits for
 * another, nor for the main thread of the process, which ONNX Runtime blocks.
 */
export interface DecodeOrder {
  readonly id: number
  readonly photos: readonly DecoderPhoto[]
  readonly views: readonly View[]
  /** Float32 [photos · views, 3, imageSize, imageSize], photo by photo. */
  readonly slot: SharedArrayBuffer
  /** One Int32: how many photos have been taken. */
  readonly taken: SharedArrayBuffer
  /** What the other threads have read since the last order. */
  readonly learned: readonly SharedPixels[]
}

/** A thread's share of an order, when nothing of it is left to take. */
export interface DecodeReport {
  readonly id: number
  readonly failures: readonly { readonly photo: number; readonly reason: string }[]
  readonly learned: readonly SharedPixels[]
}

export type ToDecoder = { readonly kind: 'order'; readonly order: DecodeOrder } | { readonly kind: 'end' }
