import type { Policy } from '../../shared/policy.ts'
import type { DecoderPhoto, InputSize, View } from '../dataset/decoder-protocol.ts'
import { centralBox, writePlanes, type Box, type Pixels } from './pixels.ts'
import { applyDraw, drawView } from './policy.ts'
import { openSized, plainView, shrunkPhoto, type Size, type SizedPhoto } from './preprocess.ts'

/** Keeps decoded pixels; may keep none. */
export interface PixelStore {
  get(key: string): Pixels | undefined
  set(key: string, pixels: Pixels): void
}

/** Where more than this would have to be kept of a photo, small crops are enlarged a little instead. */
const MOST_PIXELS = 4

/**
 * Shorter side at which a photo is kept for augmented views: the smallest crop still has about as many pixels as the
 * view, and the uncropped photo is no smaller than for the plain view.
 */
export function keptSide(photo: Size, { imageSize, resizeTo }: InputSize, { randomResizedCrop }: Policy): number {
  if (randomResizedCrop === undefined) return resizeTo
  const { areaMin } = randomResizedCrop
  const aspect = Math.max(photo.width, photo.height) / Math.min(photo.width, photo.height)
  // Beyond 2:1 the crop is bounded by the shorter side, not by the area.
  const share = Math.min(1 / areaMin, MOST_PIXELS) / Math.min(aspect, 2)
  return Math.max(resizeTo, Math.ceil(imageSize * Math.sqrt(share)))
}

/** The part of a kept photo that the plain view shows. */
export function plainBox(photo: Size, { imageSize, resizeTo }: InputSize): Box {
  const side = Math.max(1, Math.round((Math.min(photo.width, photo.height) * imageSize) / resizeTo))
  return centralBox(photo, side, side)
}

/**
 * Writes views of a photo one after the other into `target` from `offset`: each [3, imageSize, imageSize], 0 to 1.
 * The same pixels whether or not the store had them.
 */
export async function writeViews(
  photo: DecoderPhoto,
  views: readonly View[],
  size: InputSize,
  store: PixelStore,
  target: Float32Array,
  offset: number,
): Promise<void> {
  let opened: Promise<SizedPhoto> | undefined
  const open = (): Promise<SizedPhoto> => (opened ??= openSized(photo.path))
  // Views of one photo share its pixels, also when the store keeps none.
  const own = new Map<string, Pixels>()
  const kept = async (key: string, read: (photo: SizedPhoto) => Promise<Pixels>): Promise<Pixels> => {
    let pixels = own.get(key) ?? store.get(key)
    if (!pixels) {
      pixels = await read(await open())
      store.set(key, pixels)
    }
    own.set(key, pixels)
    return pixels
  }
  const length = 3 * size.imageSize ** 2
  let at = offset
  for (const view of views) {
    if (view.kind === 'augmented') {
      const { policy, seed, epoch } = view
      const pixels = await kept(`${policy.randomResizedCrop?.areaMin} ${photo.path}`, (sized) =>
        shrunkPhoto(sized, keptSide(sized, size, policy)),
      )
      const draw = drawView(policy, { seed, epoch, photo: photo.id }, pixels, plainBox(pixels, size))
      applyDraw(pixels, draw, size.imageSize, target, at)
    } else {
      const pixels = await kept(`plain ${photo.path}`, (sized) => plainView(sized, size))
      writePlanes(pixels, view.kind === 'mirrored', target, at)
    }
    at += length
  }
}
