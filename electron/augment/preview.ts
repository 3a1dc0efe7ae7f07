import sharp, { type Sharp } from 'sharp'
import type { Policy } from '../../shared/policy.ts'
import type { DecoderPhoto, InputSize, View } from '../dataset/decoder-protocol.ts'
import { interleaved, type Pixels } from './pixels.ts'
import { openSized } from './preprocess.ts'
import { writeViews, type PixelStore } from './views.ts'

export interface PreviewRequest {
  readonly photos: readonly DecoderPhoto[]
  readonly size: InputSize
  readonly policy: Policy
  /** Sample k is what a run of this seed sees in its epoch k. */
  readonly seed: number
  readonly samples: number
}

/** data: URLs of JPEG pictures. */
export interface PreviewedPhoto {
  readonly photo: string
  /** The whole photo, small. */
  readonly original: string
  /** Squares of imageSize pixels. */
  readonly samples: readonly string[]
}

/** Longer side of the original in a preview, pixels. */
const ORIGINAL_SIDE = 320
const MOST_BYTES = 96 * 1024 * 1024

/** Shows what training would see, by the code that training uses; remembers photos while sliders are moved. */
export class AugmentationPreviews {
  readonly #pixels = new LatestPixels(MOST_BYTES)
  readonly #originals = new Map<string, Promise<string>>()

  /** Photos that cannot be read are left out. */
  async make(request: PreviewRequest): Promise<PreviewedPhoto[]> {
    const made = await Promise.allSettled(request.photos.map((photo) => this.#preview(photo, request)))
    return made.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  }

  async #preview(photo: DecoderPhoto, { size, policy, seed, samples }: PreviewRequest): Promise<PreviewedPhoto> {
    const { imageSize, resizeTo } = size
    const views = Array.from({ length: samples }, (_, index): View => ({
      kind: 'augmented',
      policy,
      seed,
      epoch: index + 1,
    }))
    const length = 3 * imageSize ** 2
    const images = new Float32Array(samples * length)
    await writeViews(photo, views, size, this.#pixels.within(`${imageSize} ${resizeTo}`), images, 0)
    const encoded = views.map((_, index) => {
      const planes = images.subarray(index * length, (index + 1) * length)
      const raw = { width: imageSize, height: imageSize, channels: 3 } as const
      return dataUrl(sharp(interleaved(planes), { raw }).jpeg({ quality: 90, chromaSubsampling: '4:4:4' }))
    })
    return { photo: photo.id, original: await this.#original(photo.path), samples: await Promise.all(encoded) }
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

const dataUrl = async (image: Sharp): Promise<string> =>
  `data:image/jpeg;base64,${(await image.toBuffer()).toString('base64')}`

/** Keeps the pixels last used, up to a number of bytes. */
class LatestPixels {
  readonly #most: number
  readonly #pixels = new Map<string, Pixels>()
  #bytes = 0

  constructor(most: number) {
    this.#most = most
  }

  within(prefix: string): PixelStore {
    return {
      get: (key) => this.#get(`${prefix} ${key}`),
      set: (key, pixels) => this.#set(`${prefix} ${key}`, pixels),
    }
  }

  #get(key: string): Pixels | undefined {
    const pixels = this.#pixels.get(key)
    if (!pixels) return undefined
    // The order of a Map is that of insertion: the oldest come first.
    this.#pixels.delete(key)
    this.#pixels.set(key, pixels)
    return pixels
  }

  #set(key: string, pixels: Pixels): void {
    this.#pixels.set(key, pixels)
    this.#bytes += pixels.data.length
    for (const [oldest, { data }] of this.#pixels) {
      if (this.#bytes <= this.#most) return
      this.#pixels.delete(oldest)
      this.#bytes -= data.length
    }
  }
}
