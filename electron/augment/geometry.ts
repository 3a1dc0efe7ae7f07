import type { Policy } from '../../shared/policy.ts'
import type { TransformName, TransformSettings } from '../../shared/transforms.ts'
import { either, type Draws } from './draws.ts'
import {
  after,
  cornersMoved,
  mirrored,
  rotated,
  shifted,
  slantedAndEnlarged,
  turnedOver,
  type Corners,
  type Homography,
} from './homography.ts'

/** Transforms that move pixels and are more than a crop, in the order in which they are done. */
export const geometricTransforms = [
  'padAndCrop',
  'horizontalFlip',
  'verticalFlip',
  'rotation',
  'affine',
  'perspective',
] as const satisfies readonly TransformName[]

export type GeometricTransform = (typeof geometricTransforms)[number]

type Draw<T extends GeometricTransform> = (draws: Draws, settings: TransformSettings<T>, side: number) => Homography

/** What each of them does to the picture, drawn; `side` is that of the finished square in pixels. */
const maps: { readonly [T in GeometricTransform]: Draw<T> } = {
  // Whole pixels, as torchvision's RandomCrop draws them: nothing is blurred.
  padAndCrop: (draws, { padding }, side) => {
    const most = Math.round(padding * side)
    const step = (): number => (draws.integer(2 * most + 1) - most) / side
    return shifted(step(), step())
  },
  horizontalFlip: () => mirrored,
  verticalFlip: () => turnedOver,
  rotation: (draws, { degrees }) => rotated(either(draws, degrees)),
  affine: (draws, { translate, scale, shear }) => {
    const moved = shifted(either(draws, translate), either(draws, translate))
    const size = draws.uniform(1 - scale, 1 + scale)
    return after(slantedAndEnlarged(either(draws, shear), either(draws, shear), size), moved)
  },
  perspective: (draws, { distortion }) => cornersMoved(drawCorners(draws, distortion / 2)),
}

/** Each corner moves inwards by up to `most` of the side, both ways: torchvision's RandomPerspective. */
function drawCorners(draws: Draws, most: number): Corners {
  const inwards = (): number => draws.uniform(0, most)
  return [
    [inwards(), inwards()],
    [1 - inwards(), inwards()],
    [1 - inwards(), 1 - inwards()],
    [inwards(), 1 - inwards()],
  ]
}

export const drawMap = <T extends GeometricTransform>(
  name: T,
  draws: Draws,
  settings: NonNullable<Policy[T]>,
  side: number,
): Homography =>
  (maps[name] as unknown as (...given: [Draws, typeof settings, number]) => Homography)(draws, settings, side)
