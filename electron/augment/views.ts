import type { Policy } from '../../shared/policy.ts'
import type { DecoderPhoto, InputSize, View } from '../dataset/decoder-protocol.ts'
import { centralBox, writePlanes, type Box, type Pixels } from './pixels.ts'
import { applyDraw, drawView, randomDraws } from './policy.ts'
import { openSized, plainView, shrunkPhoto, type Size, type SizedPhoto } from './preprocess.ts'

/** Keeps decoded pixels; may keep none. */
export interface PixelStore {
  /** `key` says how the photo was decoded. */
  get(key: string, photo: DecoderPhoto): Pixels | undefined
  set(key: string, photo: DecoderPhoto, pixels: Pixels): void
}

/** Sides at which photos are kept, of `resizeTo`: few, so that runs under different policies share them. */
const keptSides = [1, 1.25, 1.6, 2]
/** Width to height, and the other way round, of the usual photo. */
const USUAL_ASPECT = 4 / 3

/**
 * Shorter side at which photos are kept for augmented views: the smallest crop still has about as many pixels as the
 * view, as far as twice the side reaches; beyond it small crops are enlarged a little instead.
 */
export function keptSide({ imageSize, resizeTo }: InputSize, { randomResizedCrop, affine }: Policy): number {
  const enlarged = 1 + (affine?.scale ?? 0)
  const seen =
    randomResizedCrop === undefined ? resizeTo : imageSize / Math.sqrt(randomResizedCrop.areaMin * USUAL_ASPECT)
  const needed = (seen * enlarged) / resizeTo
  return Math.ceil(resizeTo * (keptSides.find((side) => side >= needed) ?? 2))
}

/** The part of a kept photo that the plain view shows. */
export function plainBox(photo: Size, { imageSize, resizeTo }: InputSize): Box {
  const side = Math.max(1, Math.round((Math.min(photo.width, photo.height) * imageSize) / resizeTo))
  return centralBox(photo, side, side)
}

/** A photo as it is kept for augmented views under this policy, from the store or from its file. */
export async function keptPixels(
  photo: DecoderPhoto,
  size: InputSize,
  policy: Policy,
  store: PixelStore,
): Promise<Pixels> {
  const side = keptSide(size, policy)
  const found = store.get(String(side), photo)
  if (found) return found
  const pixels = await shrunkPhoto(await openSized(photo.path), side)
  store.set(String(side), photo, pixels)
  return pixels
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
    let pixels = own.get(key) ?? store.get(key, photo)
    if (!pixels) {
      pixels = await read(await open())
      store.set(key, photo, pixels)
    }
    own.set(key, pixels)
    return pixels
  }
  const length = 3 * size.imageSize ** 2
  let at = offset
  for (const view of views) {
    if (view.kind === 'augmented') {
      const { policy, seed, epoch } = view
      const side = keptSide(size, policy)
      const pixels = await kept(String(side), (sized) => shrunkPhoto(sized, side))
      const draws = randomDraws({ seed, epoch, photo: photo.id })
      const draw = drawView(policy, draws, pixels, plainBox(pixels, size), size.imageSize)
      await applyDraw(pixels, draw, size.imageSize, target, at)
    } else {
      const pixels = await kept('plain', (sized) => plainView(sized, size))
      writePlanes(pixels, view.kind === 'mirrored', target, at)
    }
    at += length
  }
}
