import type { Box, Pixels } from './pixels.ts'

/**
 * Separable resampling with Keys' cubic (a = −1/2; R. Keys, "Cubic convolution interpolation", 1981), stretched when
 * shrinking so that it does not alias: the filter of Pillow's BICUBIC and libvips' cubic. Written for crops of photos
 * that lie decoded in memory, where calling a library costs more than the arithmetic.
 */

/** Left and right, top and bottom exchanged. */
export interface Flips {
  readonly mirror: boolean
  readonly upsideDown: boolean
}

/** For each output pixel the first input pixel and `taps` weights that sum to 1. */
interface Kernel {
  readonly first: Int32Array
  readonly weights: Float64Array
  readonly taps: number
}

function cubic(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2
  return 0
}

function makeKernel(from: number, to: number): Kernel {
  const scale = from / to
  const stretch = Math.max(scale, 1)
  const support = 2 * stretch
  const taps = Math.min(from, Math.ceil(2 * support))
  const first = new Int32Array(to)
  const weights = new Float64Array(to * taps)
  for (let out = 0; out < to; out++) {
    const centre = (out + 0.5) * scale
    const start = Math.min(Math.max(Math.ceil(centre - support - 0.5), 0), from - taps)
    const row = weights.subarray(out * taps, (out + 1) * taps)
    for (let tap = 0; tap < taps; tap++) row[tap] = cubic((start + tap + 0.5 - centre) / stretch)
    const sum = row.reduce((total, weight) => total + weight, 0)
    for (let tap = 0; tap < taps; tap++) row[tap] = (row[tap] as number) / sum
    first[out] = start
  }
  return { first, weights, taps }
}

// Crops come in a few hundred sizes; each kernel is a few kilobytes.
const MOST_KERNELS = 2000
const kernels = new Map<number, Kernel>()

function kernelOf(from: number, to: number): Kernel {
  const key = from * 0x10000 + to
  let kernel = kernels.get(key)
  if (!kernel) {
    if (kernels.size >= MOST_KERNELS) kernels.clear()
    kernel = makeKernel(from, to)
    kernels.set(key, kernel)
  }
  return kernel
}

/** One line of a box, blended from the lines above and below it. Kept between calls: it is wanted for every line. */
let blended = new Float64Array(0)

/**
 * Resizes the part of `pixels` inside `box` to `width` × `height`, mirrored and upside down when asked, and writes it
 * as planes [3, height, width] of floats from 0 to 1 into `target` from `offset`.
 */
export function resample(
  pixels: Pixels,
  box: Box,
  size: { readonly width: number; readonly height: number },
  { mirror, upsideDown }: Flips,
  target: Float32Array,
  offset: number,
): void {
  const { width, height } = size
  const across = kernelOf(box.width, width)
  const down = kernelOf(box.height, height)
  if (blended.length < box.width * 3) blended = new Float64Array(box.width * 3)
  const line = blended
  const plane = width * height
  const step = mirror ? -1 : 1
  const { first, weights, taps } = across
  for (let y = 0; y < height; y++) {
    blendLines(line, pixels, box, down, y)
    let to = offset + (upsideDown ? height - 1 - y : y) * width + (mirror ? width - 1 : 0)
    for (let x = 0, weight = 0; x < width; x++, to += step) {
      let red = 0
      let green = 0
      let blue = 0
      let from = (first[x] as number) * 3
      for (let tap = 0; tap < taps; tap++, weight++, from += 3) {
        const share = weights[weight] as number
        red += share * (line[from] as number)
        green += share * (line[from + 1] as number)
        blue += share * (line[from + 2] as number)
      }
      target[to] = toUnit(red)
      target[to + plane] = toUnit(green)
      target[to + 2 * plane] = toUnit(blue)
    }
  }
}

/** As `resample`, to a photo of 8 bits: the whole of `pixels` at `size`, of which only `part` is kept. */
export function resamplePixels(
  pixels: Pixels,
  size: { readonly width: number; readonly height: number },
  part: Box,
): Pixels {
  const plane = size.width * size.height
  const planes = new Float32Array(3 * plane)
  const all = { left: 0, top: 0, width: pixels.width, height: pixels.height }
  resample(pixels, all, size, { mirror: false, upsideDown: false }, planes, 0)
  const data = new Uint8Array(part.width * part.height * 3)
  for (let y = 0, to = 0; y < part.height; y++) {
    const start = (part.top + y) * size.width + part.left
    for (let from = start; from < start + part.width; from++) {
      for (let channel = 0; channel < 3; channel++)
        data[to++] = Math.round((planes[from + channel * plane] as number) * 255)
    }
  }
  return { data, width: part.width, height: part.height }
}

/** The cubic overshoots at edges: back into 0 to 255, then to 0 to 1. */
const toUnit = (value: number): number => (value < 0 ? 0 : value > 255 ? 1 : value / 255)

/** Line `y` of the result before it is narrowed. Several taps in one pass: fewer trips through the sum. */
function blendLines(line: Float64Array, pixels: Pixels, box: Box, kernel: Kernel, y: number): void {
  const { data } = pixels
  const { weights, taps } = kernel
  const stride = pixels.width * 3
  const length = box.width * 3
  let a = ((box.top + (kernel.first[y] as number)) * pixels.width + box.left) * 3
  let weight = y * taps
  const last = weight + taps
  // Only photos of less than four lines have fewer taps.
  if (taps < 4) line.fill(0, 0, length)
  else {
    const [b, c, d] = [a + stride, a + 2 * stride, a + 3 * stride]
    const wa = weights[weight] as number
    const wb = weights[weight + 1] as number
    const wc = weights[weight + 2] as number
    const wd = weights[weight + 3] as number
    for (let i = 0; i < length; i++) {
      line[i] =
        wa * (data[a + i] as number) +
        wb * (data[b + i] as number) +
        wc * (data[c + i] as number) +
        wd * (data[d + i] as number)
    }
    weight += 4
    a += 4 * stride
  }
  for (; weight + 2 <= last; weight += 2, a += 2 * stride) {
    const b = a + stride
    const wa = weights[weight] as number
    const wb = weights[weight + 1] as number
    for (let i = 0; i < length; i++) {
      line[i] = (line[i] as number) + wa * (data[a + i] as number) + wb * (data[b + i] as number)
    }
  }
  if (weight < last) {
    const wa = weights[weight] as number
    for (let i = 0; i < length; i++) line[i] = (line[i] as number) + wa * (data[a + i] as number)
  }
}
