import { changeColour, makeGrey, type ColourChange } from './colour.ts'
import type { Draws } from './draws.ts'
import { erase } from './erasing.ts'
import { blur, sharpen } from './filters.ts'
import { compress } from './jpeg.ts'
import { addNoise } from './noise.ts'
import type { Box } from './pixels.ts'
import { autocontrast, equalise, posterise, solarise } from './tone.ts'

/** One change of a picture's pixels, with everything about it drawn. Lengths in pixels. */
export type PixelStep =
  | { readonly kind: ColourChange; readonly factor: number }
  | { readonly kind: 'greyscale' | 'autocontrast' | 'equalise' }
  | { readonly kind: 'posterise'; readonly bits: number }
  | { readonly kind: 'solarise'; readonly threshold: number }
  | { readonly kind: 'blur'; readonly sigma: number }
  | { readonly kind: 'noise'; readonly sigma: number; readonly draws: Pick<Draws, 'bits'> }
  | { readonly kind: 'sharpness'; readonly factor: number }
  | { readonly kind: 'jpeg'; readonly quality: number }
  | { readonly kind: 'erase'; readonly patch: Box }

/** Does these steps to planes [3, side, side] from 0 to 1, in place. */
export async function takeSteps(planes: Float32Array, side: number, steps: readonly PixelStep[]): Promise<void> {
  for (const step of steps) {
    // Only compression has to be waited for; a turn of the event loop for each of the others would cost more than they.
    if (step.kind === 'jpeg') await compress(planes, side, step.quality)
    else takeStep(planes, side, step)
  }
}

function takeStep(planes: Float32Array, side: number, step: Exclude<PixelStep, { kind: 'jpeg' }>): void {
  switch (step.kind) {
    case 'brightness':
    case 'contrast':
    case 'saturation':
    case 'hue':
      return changeColour(planes, step.kind, step.factor)
    case 'greyscale':
      return makeGrey(planes)
    case 'posterise':
      return posterise(planes, step.bits)
    case 'solarise':
      return solarise(planes, step.threshold)
    case 'autocontrast':
      return autocontrast(planes)
    case 'equalise':
      return equalise(planes)
    case 'blur':
      return blur(planes, side, step.sigma)
    case 'noise':
      return addNoise(planes, step.sigma, step.draws)
    case 'sharpness':
      return sharpen(planes, side, step.factor)
    case 'erase':
      return erase(planes, side, step.patch)
  }
}
