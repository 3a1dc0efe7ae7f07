/**
 * CutMix (Yun et al. 2019) and MixUp (Zhang et al. 2018) on whole batches, as timm's `Mixup` does them in its batch mode:
 * the partner of photo i is photo N − 1 − i. Pixels are mixed in the training graph.
 */
import { add, constant, gather, mul, sub, type Pass, type Tensor } from '../engine/index.ts'
import { stream, type RandomStream } from '../engine/random/index.ts'
import type { TransformSettings } from '../../shared/transforms.ts'
import type { Box } from './pixels.ts'

/** How one batch is mixed. */
export interface Mix {
  readonly kind: 'mixUp' | 'cutMix'
  /** Of the photo itself; the rest is its partner's. With CutMix, by the pixels. */
  readonly share: number
  /** Where the partner is seen; null with MixUp. */
  readonly box: Box | null
}

export interface BatchIdentity {
  readonly seed: number
  readonly epoch: number
  readonly step: number
}

/** What becomes of a batch of pictures of this size; null when it stays as it is. */
export function drawMix(
  { mixUp, cutMix, probability, switchProbability }: TransformSettings<'mix'>,
  { seed, epoch, step }: BatchIdentity,
  size: { readonly width: number; readonly height: number },
): Mix | null {
  const draws = stream({ seed, epoch, step, purpose: 'mix' })
  if ((mixUp === 0 && cutMix === 0) || !draws.chance(probability)) return null
  const cut = cutMix > 0 && (mixUp === 0 || draws.chance(switchProbability))
  const share = cut ? draws.beta(cutMix, cutMix) : draws.beta(mixUp, mixUp)
  return cut ? cutMixOf(share, centreOf(draws, size), size) : { kind: 'mixUp', share, box: null }
}

const centreOf = (draws: RandomStream, size: { width: number; height: number }) => ({
  row: draws.integer(size.height),
  column: draws.integer(size.width),
})

/** The box around this centre, clipped to the picture, and the share of what is left outside of it. */
export function cutMixOf(
  share: number,
  centre: { readonly row: number; readonly column: number },
  { width, height }: { readonly width: number; readonly height: number },
): Mix {
  const side = Math.sqrt(1 - share)
  const [top, bottom] = around(centre.row, Math.trunc(height * side), height)
  const [left, right] = around(centre.column, Math.trunc(width * side), width)
  const box = { left, top, width: right - left, height: bottom - top }
  return { kind: 'cutMix', share: 1 - (box.width * box.height) / (width * height), box }
}

const around = (centre: number, length: number, most: number): [number, number] => [
  Math.max(0, centre - Math.floor(length / 2)),
  Math.min(most, centre + Math.floor((length + 1) / 2)),
]

/** The share of the photo itself in every pixel: [1, 1, height, width], for `mixPhotos`. */
export function mixMask(mix: Mix | null, [height, width]: readonly [height: number, width: number]): Float32Array {
  const mask = new Float32Array(height * width).fill(mix?.kind === 'mixUp' ? mix.share : 1)
  if (mix?.box) {
    const { left, top } = mix.box
    for (let y = top; y < top + mix.box.height; y++) mask.fill(0, y * width + left, y * width + left + mix.box.width)
  }
  return mask
}

/** Shares of the classes in every photo of a mixed batch: [N, classes], for losses with soft targets. */
export function mixShares(labels: ArrayLike<number>, classes: number, mix: Mix | null): Float32Array {
  const own = mix?.share ?? 1
  const shares = new Float32Array(labels.length * classes)
  const give = (photo: number, label: number, share: number): void => {
    const at = photo * classes + label
    shares[at] = (shares[at] as number) + share
  }
  for (let photo = 0; photo < labels.length; photo++) {
    give(photo, labels[photo] as number, own)
    give(photo, labels[labels.length - 1 - photo] as number, 1 - own)
  }
  return shares
}

/** Photos [N, 3, H, W] mixed with their partners by a mask of `mixMask`, in the graph. */
export function mixPhotos(photos: Tensor, mask: Tensor): Tensor {
  const count = Number(photos.shape[0])
  const partners = constant(
    Int32Array.from({ length: count }, (_, photo) => count - 1 - photo),
    [count],
  )
  return add(mul(photos, mask), mul(gather(photos, partners), sub(1, mask)))
}

/** Under this purpose a training graph asks for the mask of its batch. */
export const mixPurpose = 'mix'

/** Photos as a training graph sees them: mixed by the mask that each step hands over. */
export function mixedInTraining(pass: Pass, photos: Tensor): Tensor {
  if (!pass.training) return photos
  return mixPhotos(photos, pass.random(mixPurpose, [1, 1, ...photos.shape.slice(2)]))
}
