import sharp, { type Sharp } from 'sharp'
import type { Extreme, PreviewedPhoto, PreviewSample } from '../../shared/augment.ts'
import { FleuronError } from '../../shared/errors.ts'
import type { Policy } from '../../shared/policy.ts'
import { unreadableReason } from '../dataset/decode.ts'
import type { DecoderPhoto, InputSize } from '../dataset/decoder-protocol.ts'
import { extremesOf } from './extremes.ts'
import { LatestPixels } from './latest-pixels.ts'
import { Mixer } from './mixer.ts'
import { drawMix } from './mixing.ts'
import { interleaved } from './pixels.ts'
import { applyDraw } from './policy.ts'
import { openSized } from './preprocess.ts'
import { ViewMaker } from './view-maker.ts'
import { keptPixels, plainBox } from './views.ts'

export interface PreviewPhoto extends DecoderPhoto {
  readonly classId: string | null
}

export interface PreviewRequest {
  readonly photos: readonly PreviewPhoto[]
  /** Photos to mix with, in turn; each photo takes those that are not itself. */
  readonly partners: readonly PreviewPhoto[]
  readonly size: InputSize
  readonly policy: Policy
  /** Sample k is what a run of this seed sees in its epoch k. */
  readonly seed: number
  readonly samples: number
}

export interface ExtremesRequest {
  readonly photo: PreviewPhoto
  readonly size: InputSize
  readonly policy: Policy
}

/** Longer side of the original in a preview, pixels. */
const ORIGINAL_SIDE = 480
const MOST_BYTES = 96 * 1024 * 1024

/** Shows what training would see, by the code that training uses; remembers photos while sliders are moved. */
export class AugmentationPreviews implements AsyncDisposable {
  readonly #pixels = new LatestPixels(MOST_BYTES)
  readonly #views = new ViewMaker()
  readonly #originals = new Map<string, Promise<string>>()
  readonly #mixer = new Mixer()

  /** Photos that cannot be read are left out. @throws FleuronError 'unreadable' when none of them can be read */
  async make(request: PreviewRequest): Promise<PreviewedPhoto[]> {
    const made = await Promise.allSettled(request.photos.map((photo) => this.#preview(photo, request)))
    const previews = made.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const [failed] = made.flatMap((result, place) => (result.status === 'rejected' ? [{ place, ...result }] : []))
    if (previews.length > 0 || failed === undefined) return previews
    throw await cannotRead(failed.reason, request.photos[failed.place] as PreviewPhoto)
  }

  /** Each transform of the policy at the ends of its range. @throws FleuronError 'unreadable' */
  async extremes({ photo, size, policy }: ExtremesRequest): Promise<Extreme[]> {
    const store = this.#pixels.within(`${size.imageSize} ${size.resizeTo}`)
    const pixels = await keptPixels(photo, size, policy, store).catch(async (error: unknown) => {
      throw await cannotRead(error, photo)
    })
    const side = size.imageSize
    const made: Promise<Extreme>[] = []
    for (const { draw, ...which } of extremesOf(policy, pixels, plainBox(pixels, size), side)) {
      const planes = new Float32Array(3 * side * side)
      await applyDraw(pixels, draw, side, planes, 0)
      made.push(encode(planes, side).then((picture) => ({ ...which, picture })))
    }
    return Promise.all(made)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#views[Symbol.asyncDispose]()
  }

  async #preview(photo: PreviewPhoto, request: PreviewRequest): Promise<PreviewedPhoto> {
    const partners = request.partners.filter(({ id }) => id !== photo.id)
    const making = Array.from({ length: request.samples }, async (_, index): Promise<PreviewSample> => {
      const partner = partners[index % Math.max(1, partners.length)]
      const { planes, mix } = await this.#sample(photo, partner, request, index + 1)
      return { picture: await encode(planes, request.size.imageSize), mix }
    })
    const [original, samples] = await Promise.all([this.#original(photo.path), Promise.all(making)])
    return { photo: photo.id, classId: photo.classId, original, samples }
  }

  async #sample(
    photo: PreviewPhoto,
    partner: PreviewPhoto | undefined,
    { size, policy, seed }: PreviewRequest,
    epoch: number,
  ): Promise<{ planes: Float32Array; mix: PreviewSample['mix'] }> {
    const side = size.imageSize
    const view = { kind: 'augmented', policy, seed, epoch } as const
    const mix =
      policy.mix && partner ? drawMix(policy.mix, { seed, epoch, step: 0 }, { width: side, height: side }) : null
    if (mix === null || !partner) return { planes: await this.#views.make(photo, view, size), mix: null }
    const [own, other] = await Promise.all([this.#views.make(photo, view, size), this.#views.make(partner, view, size)])
    const planes = await this.#mixer.mix(own, other, side, mix)
    return { planes, mix: { share: mix.share, kind: mix.kind, classId: partner.classId } }
  }

  #original(path: string): Promise<string> {
    let original = this.#originals.get(path)
    if (!original) {
      const limits = { width: ORIGINAL_SIDE, height: ORIGINAL_SIDE, fit: 'inside', withoutEnlargement: true } as const
      original = openSized(path).then((photo) => dataUrl(photo.open().resize(limits).jpeg({ quality: 85 })))
      if (this.#originals.size >= 200) this.#originals.clear()
      this.#originals.set(path, original)
      original.catch(() => this.#originals.delete(path))
    }
    return original
  }
}

const cannotRead = async (cause: unknown, { path }: PreviewPhoto): Promise<FleuronError> =>
  cause instanceof FleuronError ? cause : new FleuronError('unreadable', await unreadableReason(cause, path), { cause })

function encode(planes: Float32Array, side: number): Promise<string> {
  const raw = { width: side, height: side, channels: 3 } as const
  return dataUrl(sharp(interleaved(planes), { raw }).jpeg({ quality: 90, chromaSubsampling: '4:4:4' }))
}

const dataUrl = async (image: Sharp): Promise<string> =>
  `data:image/jpeg;base64,${(await image.toBuffer()).toString('base64')}`
