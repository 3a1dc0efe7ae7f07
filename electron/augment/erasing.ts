import type { TransformSettings } from '../../shared/transforms.ts'
import type { Draws } from './draws.ts'
import type { Box } from './pixels.ts'
import { filling } from './warp.ts'

const areaMin = 0.02
/** Width to height, and height to width. */
const aspectMost = Math.log(1 / 0.3)

/**
 * The patch of Random Erasing (Zhong et al. 2017) as torchvision and timm draw it: area uniform, aspect log-uniform
 * between 0.3 and 1/0.3, ten attempts; null when none fits.
 */
export function drawPatch(draws: Draws, { areaMax }: TransformSettings<'erasing'>, side: number): Box | null {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = side * side * draws.uniform(areaMin, areaMax)
    const aspect = Math.exp(draws.uniform(-aspectMost, aspectMost))
    const width = Math.round(Math.sqrt(area * aspect))
    const height = Math.round(Math.sqrt(area / aspect))
    if (width < side && height < side) {
      return { left: draws.integer(side - width + 1), top: draws.integer(side - height + 1), width, height }
    }
  }
  return null
}

/** Fills a patch with grey, which says nothing after normalisation. */
export function erase(planes: Float32Array, side: number, { left, top, width, height }: Box): void {
  filling.forEach((level, channel) => {
    for (let y = top; y < top + height; y++) {
      const from = channel * side * side + y * side + left
      planes.fill(level / 255, from, from + width)
    }
  })
}
