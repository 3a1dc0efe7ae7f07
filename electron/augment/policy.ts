import { stream, type RandomStream } from '../engine/random/index.ts'
import type { Policy } from '../../shared/policy.ts'
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

type CropRange = Pick<NonNullable<Policy['randomResizedCrop']>, 'areaMin' | 'areaMax' | 'aspect'>

/**
 * A random part of the photo, as torchvision's RandomResizedCrop draws it (Szegedy et al. 2015): area uniform between
 * `areaMin` and `areaMax`, aspect log-uniform between 1/`aspect` and `aspect`; after ten draws that do not fit, the middle.
 */
export function drawCrop(random: RandomStream, photo: { width: number; height: number }, crop: CropRange): Box {
  const { width, height } = photo
  const { areaMin, areaMax, aspect: most } = crop
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * random.uniform(areaMin, areaMax)
    const aspect = Math.exp(random.uniform(-Math.log(most), Math.log(most)))
    const w = Math.round(Math.sqrt(area * aspect))
    const h = Math.round(Math.sqrt(area / aspect))
    if (w > 0 && w <= width && h > 0 && h <= height) {
      return { left: random.integer(width - w + 1), top: random.integer(height - h + 1), width: w, height: h }
    }
  }
  const w = Math.min(width, Math.round(height * most))
  const h = Math.min(height, Math.round(width * most))
  return { left: Math.floor((width - w) / 2), top: Math.floor((height - h) / 2), width: w, height: h }
}

/** Draws a view of a photo of the given size. Without a crop it looks at `whole`, the part that the plain view shows. */
export function drawView(
  policy: Policy,
  identity: ViewIdentity,
  photo: { width: number; height: number },
  whole: Box,
): Draw {
  const { seed, epoch, photo: id } = identity
  const draws = (purpose: string): RandomStream => stream({ seed, epoch, photo: id, purpose })
  /** The transform's own draws when it is done to this view. */
  const due = (transform: { probability: number } | undefined, purpose: string): RandomStream | null => {
    if (transform === undefined) return null
    const random = draws(purpose)
    return random.chance(transform.probability) ? random : null
  }
  const { randomResizedCrop, horizontalFlip, colourJitter } = policy
  const crop = due(randomResizedCrop, 'crop')
  const box = crop && randomResizedCrop ? drawCrop(crop, photo, randomResizedCrop) : whole
  const mirror = due(horizontalFlip, 'flip') !== null
  const random = due(colourJitter, 'colour')
  if (random === null || colourJitter === undefined) return { box, mirror, colour: [] }
  const order = [...random.permutation(colourChanges.length)]
  const colour = order.map((index) => {
    const change = colourChanges[index] as ColourChange
    return { change, factor: random.uniform(1 - colourJitter[change], 1 + colourJitter[change]) }
  })
  return { box, mirror, colour }
}

/** Makes the view: planes [3, side, side] of floats from 0 to 1, written into `target` from `offset`. */
export function applyDraw(pixels: Pixels, draw: Draw, side: number, target: Float32Array, offset: number): void {
  resample(pixels, draw.box, { width: side, height: side }, draw.mirror, target, offset)
  const planes = target.subarray(offset, offset + 3 * side * side)
  for (const { change, factor } of draw.colour) changeColour(planes, change, factor)
}
