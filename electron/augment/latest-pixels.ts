import type { Pixels } from './pixels.ts'
import type { PixelStore } from './views.ts'

/** Keeps the pixels last used, up to a number of bytes. */
export class LatestPixels {
  readonly #most: number
  readonly #pixels = new Map<string, Pixels>()
  #bytes = 0

  constructor(most: number) {
    this.#most = most
  }

  within(prefix: string): PixelStore {
    return {
      get: (key, { path }) => this.#get(`${prefix} ${key} ${path}`),
      set: (key, { path }, pixels) => this.#set(`${prefix} ${key} ${path}`, pixels),
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
