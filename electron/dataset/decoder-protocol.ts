import type { Augmentation } from '../../shared/training.ts'

/** The square a network looks at: pixels are resized and cropped to it. */
export interface InputSize {
  /** Side of the square, pixels. */
  imageSize: number
  /** Shorter side of the photo before the central square is cut out of it; imageSize or more. */
  resizeTo: number
}

/**
 * One way of looking at a photo. 'plain': resized and cropped to the middle, as for validation, features and field
 * photos; 'mirrored': the same seen in a mirror; 'augmented': drawn by (seed, epoch, photo), the same on any worker.
 */
export type View =
  | { readonly kind: 'plain' }
  | { readonly kind: 'mirrored' }
  | { readonly kind: 'augmented'; readonly augmentation: Augmentation; readonly seed: number; readonly epoch: number }
