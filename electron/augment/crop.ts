import type { TransformSettings } from '../../shared/transforms.ts'
import type { Draws } from './draws.ts'
import type { Box } from './pixels.ts'

type CropRange = Pick<TransformSettings<'randomResizedCrop'>, 'areaMin' | 'areaMax' | 'aspect'>

/**
 * A random part of the photo, as torchvision's RandomResizedCrop draws it (Szegedy et al. 2015): area uniform between
 * `areaMin` and `areaMax`, aspect log-uniform between 1/`aspect` and `aspect`; after ten draws that do not fit, the
 * middle.
 */
export function drawCrop(draws: Draws, photo: { width: number; height: number }, range: CropRange): Box {
  const { width, height } = photo
  const { areaMin, areaMax, aspect: most } = range
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * draws.uniform(areaMin, areaMax)
    const aspect = Math.exp(draws.uniform(-Math.log(most), Math.log(most)))
    const w = Math.round(Math.sqrt(area * aspect))
    const h = Math.round(Math.sqrt(area / aspect))
    if (w > 0 && w <= width && h > 0 && h <= height) {
      return { left: draws.integer(width - w + 1), top: draws.integer(height - h + 1), width: w, height: h }
    }
  }
  const w = Math.min(width, Math.round(height * most))
  const h = Math.min(height, Math.round(width * most))
  return { left: Math.floor((width - w) / 2), top: Math.floor((height - h) / 2), width: w, height: h }
}
