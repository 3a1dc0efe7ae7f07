/** A decoded photograph: 8-bit sRGB, [height, width, 3] interleaved, orientation applied. */
export interface Pixels {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

/** A rectangle of whole pixels. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** The box of `width` × `height` in the middle; half a pixel goes to the even side, as in Pillow and torchvision. */
export function centralBox(of: { width: number; height: number }, width: number, height: number): Box {
  return { left: halfToEven(of.width - width), top: halfToEven(of.height - height), width, height }
}

function halfToEven(twice: number): number {
  const down = Math.floor(twice / 2)
  return twice % 2 === 0 || down % 2 === 0 ? down : down + 1
}

/**
 * Interleaved 8-bit pixels as planes of floats from 0 to 1: writes [3, height, width] into `target` from `offset`,
 * mirrored from left to right when asked.
 */
export function writePlanes(pixels: Pixels, mirror: boolean, target: Float32Array, offset: number): void {
  const { data, width, height } = pixels
  const plane = width * height
  const step = mirror ? -1 : 1
  for (let y = 0, from = 0; y < height; y++) {
    let to = offset + y * width + (mirror ? width - 1 : 0)
    for (let x = 0; x < width; x++, from += 3, to += step) {
      target[to] = (data[from] as number) / 255
      target[to + plane] = (data[from + 1] as number) / 255
      target[to + 2 * plane] = (data[from + 2] as number) / 255
    }
  }
}

/** Planes of floats from 0 to 1 as interleaved bytes. */
export function interleaved(planes: Float32Array): Uint8Array {
  const plane = planes.length / 3
  const bytes = new Uint8Array(planes.length)
  for (let from = 0, to = 0; from < plane; from++, to += 3) {
    // `| 0` after adding a half rounds as Math.round does, at a fraction of the time.
    bytes[to] = ((planes[from] as number) * 255 + 0.5) | 0
    bytes[to + 1] = ((planes[from + plane] as number) * 255 + 0.5) | 0
    bytes[to + 2] = ((planes[from + 2 * plane] as number) * 255 + 0.5) | 0
  }
  return bytes
}
