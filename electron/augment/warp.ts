import type { Homography } from './homography.ts'
import type { Pixels } from './pixels.ts'

/** What lies outside of a photo: the mean colour of ImageNet's photos, as in timm, which is zero after normalisation. */
export const filling = [124, 116, 104] as const

/**
 * Samples along one side of a pixel of the result, for a step of this many pixels of the photo. Samples stand at most
 * 1¼ pixels apart: each reaches over two, so nothing in between is missed and fine patterns do not flicker.
 */
const samplesFor = (step: number): number => Math.max(1, Math.min(8, Math.ceil(step / 1.25 - 1e-9)))

/**
 * Shows a photo through a map from the finished square (0 … 1) to pixels of the photo: planes [3, side, side] of floats
 * from 0 to 1, written into `target` from `offset`. Bilinear, with several samples a pixel where the photo is shrunk.
 */
export function warp(pixels: Pixels, map: Homography, side: number, target: Float32Array, offset: number): void {
  const across = samplesFor(stepOf(map, side, 1, 0))
  const down = samplesFor(stepOf(map, side, 0, 1))
  const { data, width, height } = pixels
  const [a, b, c, d, e, f, g, h, i] = map
  const plane = side * side
  const [inX, inY] = [1 / (side * across), 1 / (side * down)]
  const weight = 1 / (across * down * 255)
  const [lastX, lastY, stride] = [width - 1, height - 1, width * 3]
  for (let y = 0, to = offset; y < side; y++) {
    for (let x = 0; x < side; x++, to++) {
      let red = 0
      let green = 0
      let blue = 0
      for (let sampleY = 0; sampleY < down; sampleY++) {
        const v = (y * down + sampleY + 0.5) * inY
        for (let sampleX = 0; sampleX < across; sampleX++) {
          const u = (x * across + sampleX + 0.5) * inX
          const depth = 1 / (g * u + h * v + i)
          const placeX = (a * u + b * v + c) * depth - 0.5
          const placeY = (d * u + e * v + f) * depth - 0.5
          if (placeX >= 0 && placeX < lastX && placeY >= 0 && placeY < lastY) {
            // Whole numbers below 2³¹: `| 0` rounds down, and quicker than Math.floor.
            const left = placeX | 0
            const top = placeY | 0
            const shareX = placeX - left
            const shareY = placeY - top
            const w11 = shareX * shareY
            const w10 = shareY - w11
            const w01 = shareX - w11
            const w00 = 1 - shareX - w10
            const p = top * stride + left * 3
            const q = p + stride
            red +=
              w00 * (data[p] as number) +
              w01 * (data[p + 3] as number) +
              w10 * (data[q] as number) +
              w11 * (data[q + 3] as number)
            green +=
              w00 * (data[p + 1] as number) +
              w01 * (data[p + 4] as number) +
              w10 * (data[q + 1] as number) +
              w11 * (data[q + 4] as number)
            blue +=
              w00 * (data[p + 2] as number) +
              w01 * (data[p + 5] as number) +
              w10 * (data[q + 2] as number) +
              w11 * (data[q + 5] as number)
          } else {
            const seen = edgeSample(pixels, placeX, placeY, depth)
            red += seen[0] as number
            green += seen[1] as number
            blue += seen[2] as number
          }
        }
      }
      target[to] = red * weight
      target[to + plane] = green * weight
      target[to + 2 * plane] = blue * weight
    }
  }
}

/** Pixels of the photo that a pixel of the result is wide (or high), in the middle of the result. */
function stepOf(map: Homography, side: number, x: number, y: number): number {
  const [a, b, c, d, e, f, g, h, i] = map
  const depth = g * 0.5 + h * 0.5 + i
  const [placeX, placeY] = [(a * 0.5 + b * 0.5 + c) / depth, (d * 0.5 + e * 0.5 + f) / depth]
  const turn = g * x + h * y
  return Math.hypot(a * x + b * y - placeX * turn, d * x + e * y - placeY * turn) / Math.abs(depth * side)
}

const seen = new Float64Array(3)

/** Near the edge and beyond it, where pixels of the photo meet the filling. */
function edgeSample({ data, width, height }: Pixels, x: number, y: number, depth: number): Float64Array {
  seen.set(filling)
  // Behind the eye there is nothing to see.
  if (!(depth > 0) || x <= -1 || y <= -1 || x >= width || y >= height) return seen
  const left = Math.floor(x)
  const top = Math.floor(y)
  const [shareX, shareY] = [x - left, y - top]
  for (let channel = 0; channel < 3; channel++) {
    let sum = 0
    for (let row = 0; row < 2; row++) {
      for (let column = 0; column < 2; column++) {
        const share = (row === 1 ? shareY : 1 - shareY) * (column === 1 ? shareX : 1 - shareX)
        const inside = left + column >= 0 && left + column < width && top + row >= 0 && top + row < height
        const at = ((top + row) * width + left + column) * 3 + channel
        sum += share * (inside ? (data[at] as number) : (filling[channel] as number))
      }
    }
    seen[channel] = sum
  }
  return seen
}
