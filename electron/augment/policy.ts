import { stream } from '../engine/random/index.ts'
import type { Policy } from '../../shared/policy.ts'
import type { TransformName, TransformSettings } from '../../shared/transforms.ts'
import { drawRandAugment, drawTrivialAugment, type Change } from './automatic.ts'
import { colourChanges, type ColourChange } from './colour.ts'
import { drawCrop } from './crop.ts'
import { either, type Draws } from './draws.ts'
import { drawPatch } from './erasing.ts'
import { drawMap, geometricTransforms } from './geometry.ts'
import { after, scaled, shifted, type Homography } from './homography.ts'
import { takeSteps, type PixelStep } from './pixel-steps.ts'
import type { Box, Pixels } from './pixels.ts'
import { resample } from './resample.ts'
import { warp } from './warp.ts'

/** What one augmented view is made of. */
export interface Draw {
  /** The part of the photo that becomes the picture. */
  readonly box: Box
  /** Left and right, top and bottom of the picture exchanged. */
  readonly mirror: boolean
  readonly upsideDown: boolean
  /** What else moves the pixels, flips included, as a map of the picture; null when there is nothing else. */
  readonly map: Homography | null
  /** In the order in which they are taken. */
  readonly steps: readonly PixelStep[]
}

/** Which view: nothing else decides it. */
export interface ViewIdentity {
  readonly seed: number
  readonly epoch: number
  readonly photo: string
}

/** The draws of each transform, apart from those of the others: switching one off does not move the rest. */
export type DrawsOf = (transform: TransformName) => Draws

export const randomDraws =
  ({ seed, epoch, photo }: ViewIdentity): DrawsOf =>
  (purpose) =>
    stream({ seed, epoch, photo, purpose })

/**
 * Draws a view of a photo of the given size for a square of `side` pixels. Without a crop it looks at `whole`, the part
 * that the plain view shows.
 */
export function drawView(
  policy: Policy,
  drawsOf: DrawsOf,
  photo: { width: number; height: number },
  whole: Box,
  side: number,
): Draw {
  /** The transform's settings and draws, when it is done to this view. */
  const due = <T extends Exclude<TransformName, 'normalisation' | 'testTime'>>(
    name: T,
  ): [TransformSettings<T>, Draws] | null => {
    const settings = policy[name] as (TransformSettings<T> & { probability: number }) | undefined
    if (settings === undefined) return null
    const draws = drawsOf(name)
    return draws.chance(settings.probability) ? [settings, draws] : null
  }
  const crop = due('randomResizedCrop')
  const box = crop === null ? whole : drawCrop(crop[1], photo, crop[0])

  const geometry = geometricTransforms.flatMap((name) => {
    const found = due(name)
    return found === null ? [] : [{ name, map: drawMap(name, found[1], found[0], side) }]
  })
  /** By RandAugment and TrivialAugment: all that moves is done before all that changes colours, in one resampling. */
  const moved: Homography[] = []
  const steps: PixelStep[] = []
  const take = (change: Change): void => {
    if (change === null) return
    if ('map' in change) moved.push(change.map)
    else steps.push(change.step)
  }
  const rand = due('randAugment')
  if (rand !== null) drawRandAugment(rand[1], rand[0].operations, rand[0].magnitude).forEach(take)
  const trivial = due('trivialAugment')
  if (trivial !== null) take(drawTrivialAugment(trivial[1]))

  const jitter = due('colourJitter')
  if (jitter !== null) steps.push(...drawJitter(...jitter))
  if (due('greyscale') !== null) steps.push({ kind: 'greyscale' })
  const blurred = due('blur')
  if (blurred !== null) steps.push({ kind: 'blur', sigma: blurred[1].uniform(0.0005, blurred[0].sigma) * side })
  const noise = due('gaussianNoise')
  if (noise !== null) steps.push({ kind: 'noise', sigma: noise[0].sigma, draws: noise[1] })
  const sharp = due('sharpen')
  if (sharp !== null) steps.push({ kind: 'sharpness', factor: sharp[1].uniform(1, 1 + sharp[0].strength) })
  const jpeg = due('jpeg')
  if (jpeg !== null) steps.push({ kind: 'jpeg', quality: Math.round(jpeg[1].uniform(jpeg[0].quality, bestQuality)) })
  const erasing = due('erasing')
  const patch = erasing === null ? null : drawPatch(erasing[1], erasing[0], side)
  if (patch !== null) steps.push({ kind: 'erase', patch })

  const mirror = geometry.some(({ name }) => name === 'horizontalFlip')
  const upsideDown = geometry.some(({ name }) => name === 'verticalFlip')
  const onlyFlips = moved.length === 0 && geometry.length === Number(mirror) + Number(upsideDown)
  const map = onlyFlips ? null : [...geometry.map((each) => each.map), ...moved].reduce(after)
  return { box, mirror, upsideDown, map, steps }
}

const bestQuality = 95

/** All that is to change, in random order. */
function drawJitter(settings: TransformSettings<'colourJitter'>, draws: Draws): PixelStep[] {
  return Array.from(draws.permutation(colourChanges.length), (index): PixelStep => {
    const kind = colourChanges[index] as ColourChange
    const by = either(draws, settings[kind])
    return { kind, factor: kind === 'hue' ? by : 1 + by }
  }).filter(({ kind }) => settings[kind as ColourChange] > 0)
}

/** Makes the view: planes [3, side, side] of floats from 0 to 1, written into `target` from `offset`. */
export async function applyDraw(
  pixels: Pixels,
  { box, mirror, upsideDown, map, steps }: Draw,
  side: number,
  target: Float32Array,
  offset: number,
): Promise<void> {
  if (map === null) resample(pixels, box, { width: side, height: side }, { mirror, upsideDown }, target, offset)
  else warp(pixels, after(fromBox(box), map), side, target, offset)
  if (steps.length > 0) await takeSteps(target.subarray(offset, offset + 3 * side * side), side, steps)
}

/** From the square of the picture to pixels of the photo. */
const fromBox = ({ left, top, width, height }: Box): Homography => after(shifted(-left, -top), scaled(width, height))
