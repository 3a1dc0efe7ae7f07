import { stream, type RandomStream } from '../engine/random/index.ts'
import type { Augmentation } from '../../shared/training.ts'
import { changeColour, colourChanges, type ColourChange } from './colour.ts'
import type { Box, Pixels } from './pixels.ts'
import { resample } from './resample.ts'

/** What one augmented view is made of. */
export interface Draw {
  readonly box: Box
  readonly mirror: boolean
  /** In the order in which they are applied. */
  readonly colour: readonly { readonly change: ColourChange; readonly factor: number }[]
}

/** Which view: nothing else decides it. */
export interface ViewIdentity {
  readonly seed: number
  readonly epoch: number
  readonly photo: string
}

const ASPECTS = [Math.log(3 / 4), Math.log(4 / 3)] as const

/**
 * A random part of the photo, as torchvision's RandomResizedCrop draws it (Szegedy et al. 2015): area uniform between
 * `areaMin` and 1, aspect log-uniform between 3/4 and 4/3; after ten draws that do not fit, the middle.
 */
export function drawCrop(random: RandomStream, photo: { width: number; height: number }, areaMin: number): Box {
  const { width, height } = photo
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * random.uniform(areaMin, 1)
    const aspect = Math.exp(random.uniform(...ASPECTS))
    const w = Math.round(Math.sqrt(area * aspect))
    const h = Math.round(Math.sqrt(area / aspect))
    if (w > 0 && w <= width && h > 0 && h <= height) {
      return { left: random.integer(width - w + 1), top: random.integer(height - h + 1), width: w, height: h }
    }
  }
  const w = Math.min(width, Math.round((height * 4) / 3))
  const h = Math.min(height, Math.round((width * 4) / 3))
  return { left: Math.floor((width - w) / 2), top: Math.floor((height - h) / 2), width: w, height: h }
}

/**
 * Draws a view of a photo of the given size. Without a crop (`cropMin` 1) it looks at `whole`, the part that the plain
 * view shows.
 */
export function drawView(
  augmentation: Augmentation,
  identity: ViewIdentity,
  photo: { width: number; height: number },
  whole: Box,
): Draw {
  const { seed, epoch, photo: id } = identity
  const draws = (purpose: string): RandomStream => stream({ seed, epoch, photo: id, purpose })
  const { cropMin, flip, jitter } = augmentation
  const box = cropMin < 1 ? drawCrop(draws('crop'), photo, cropMin) : whole
  const mirror = flip > 0 && draws('flip').chance(flip)
  if (jitter === 0) return { box, mirror, colour: [] }
  const random = draws('colour')
  const order = [...random.permutation(colourChanges.length)]
  const colour = order.map((index) => ({
    change: colourChanges[index] as ColourChange,
    factor: random.uniform(1 - jitter, 1 + jitter),
  }))
  return { box, mirror, colour }
}

/** Makes the view: planes [3, side, side] of floats from 0 to 1, written into `target` from `offset`. */
export function applyDraw(pixels: Pixels, draw: Draw, side: number, target: Float32Array, offset: number): void {
  resample(pixels, draw.box, { width: side, height: side }, draw.mirror, target, offset)
  const planes = target.subarray(offset, offset + 3 * side * side)
  for (const { change, factor } of draw.colour) changeColour(planes, change, factor)
}
