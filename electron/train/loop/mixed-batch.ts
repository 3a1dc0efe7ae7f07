import type { TransformSettings } from '../../../shared/transforms.ts'
import { drawMix, mixMask, mixPurpose, mixShares, type BatchIdentity, type Mix } from '../../augment/mixing.ts'
import { sizeOf, stream, type StepOptions } from '../../engine/index.ts'
import { logLoss } from '../../evaluate/probability-metrics.ts'
import type { Matrix } from '../../evaluate/matrix.ts'

/** How a batch of a run that mixes is mixed, and what it has to learn. */
export interface Mixed {
  /** Null: this batch stays as it is. */
  readonly mix: Mix | null
  /** [N, classes], shares. */
  readonly targets: Float32Array
  /** [1, 1, side, side], for the graph. */
  readonly mask: Float32Array
}

export function mixBatch(
  settings: TransformSettings<'mix'>,
  labels: Int32Array,
  classes: number,
  side: number,
  identity: BatchIdentity,
): Mixed {
  const mix = drawMix(settings, identity, { width: side, height: side })
  return { mix, targets: mixShares(labels, classes, mix), mask: mixMask(mix, [side, side]) }
}

/** The random numbers of a step, and the mask of its batch where the graph mixes. */
export const randomOf =
  ({ seed, epoch, step }: BatchIdentity, mixed: Mixed | undefined): NonNullable<StepOptions['random']> =>
  (purpose, shape) =>
    purpose === mixPurpose && mixed
      ? mixed.mask
      : stream({ seed, epoch, step, purpose }).fillUniform(new Float32Array(sizeOf(shape)))

/**
 * What a batch counts for in the figures of an epoch: the loss by the shares of both photos, and of each the label that
 * has the larger share.
 */
export function seenAs(
  logits: Matrix,
  labels: Int32Array,
  mixed: Mixed | undefined,
): { readonly labels: Int32Array; readonly loss: number } {
  const share = mixed?.mix?.share ?? 1
  if (share === 1) return { labels, loss: logLoss(logits, labels) }
  const partners = labels.toReversed()
  const loss = share * logLoss(logits, labels) + (1 - share) * logLoss(logits, partners)
  return { labels: share >= 0.5 ? labels : partners, loss }
}
