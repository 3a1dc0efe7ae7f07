import type { InputSize, SharedPixels } from './decoder-protocol.ts'

/** Decoded photos in memory that all decoder threads see, kept from one pool of threads to the next. */
export class DecodedPhotos {
  /** One Int32: kilobytes that may still be taken. */
  readonly budget = new SharedArrayBuffer(4)
  readonly #kept = new Map<string, SharedPixels>()

  /** `most` bytes; 0 keeps nothing. */
  constructor(most: number) {
    new Int32Array(this.budget)[0] = Math.min(Math.floor(most / 1024), 0x7fffffff)
  }

  get kept(): SharedPixels[] {
    return [...this.#kept.values()]
  }

  /** What threads have read; two may have read the same. */
  add(pixels: readonly SharedPixels[]): void {
    for (const each of pixels) {
      if (this.#kept.has(each.key)) giveBack(this.budget, each)
      else this.#kept.set(each.key, each)
    }
  }

  /** Makes room: lets go of everything but these photos at this size. Only while no threads are at work. */
  keepOnly(size: InputSize, photos: ReadonlySet<string>): void {
    for (const [key, pixels] of this.#kept) {
      if (photos.has(pixels.photo) && key.startsWith(sizeName(size))) continue
      this.#kept.delete(key)
      giveBack(this.budget, pixels)
    }
  }
}

/** What the name of pixels kept for this size begins with. */
export const sizeName = ({ imageSize, resizeTo }: InputSize): string => `${imageSize} ${resizeTo} `

export const kilobytesOf = (bytes: number): number => Math.ceil(bytes / 1024)

function giveBack(budget: SharedArrayBuffer, { data }: SharedPixels): void {
  Atomics.add(new Int32Array(budget), 0, kilobytesOf(data.byteLength))
}
