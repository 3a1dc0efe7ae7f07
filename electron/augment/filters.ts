/** Filters over the neighbourhood of a pixel, on planes [3, side, side] from 0 to 1, in place. */

/** A copy of one plane; kept between calls. */
let copy = new Float32Array(0)

function copyOf(plane: Float32Array): Float32Array {
  if (copy.length < plane.length) copy = new Float32Array(plane.length)
  copy.set(plane)
  return copy
}

const planesOf = (planes: Float32Array): Float32Array[] => {
  const n = planes.length / 3
  return [0, 1, 2].map((channel) => planes.subarray(channel * n, (channel + 1) * n))
}

/** Weights of the Gaussian from its middle to three deviations, both sides together summing to 1. */
function gaussian(sigma: number): Float32Array {
  const half = Float32Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, x) => Math.exp(-(x * x) / (2 * sigma ** 2)))
  const sum = half.reduce((total, weight) => total + weight, 0) * 2 - (half[0] as number)
  return half.map((weight) => weight / sum)
}

/** Out of focus: Gaussian of `sigma` pixels; beyond its edge the picture is mirrored, as in torchvision. */
export function blur(planes: Float32Array, side: number, sigma: number): void {
  const half = gaussian(sigma)
  for (const plane of planesOf(planes)) {
    blurAlong(plane, copyOf(plane), side, half, 1, side)
    blurAlong(plane, copyOf(plane), side, half, side, 1)
  }
}

/** Blurs in one direction: neighbours stand `step` apart, lines `between`. */
function blurAlong(
  plane: Float32Array,
  from: Float32Array,
  side: number,
  half: Float32Array,
  step: number,
  between: number,
): void {
  const reach = half.length - 1
  const middle = half[0] as number
  const last = side - 1
  for (let place = 0; place < side; place++) {
    const inside = place >= reach && place + reach <= last
    const base = place * step
    for (let line = 0; line < side; line++) {
      const at = base + line * between
      let sum = middle * (from[at] as number)
      for (let distance = 1; distance <= reach; distance++) {
        const before = inside ? at - distance * step : at + (reflected(place - distance, last) - place) * step
        const behind = inside ? at + distance * step : at + (reflected(place + distance, last) - place) * step
        sum += (half[distance] as number) * ((from[before] as number) + (from[behind] as number))
      }
      plane[at] = sum
    }
  }
}

/** 0 … last, mirrored beyond its ends without repeating them. */
function reflected(place: number, last: number): number {
  if (last === 0) return 0
  const period = 2 * last
  const within = ((place % period) + period) % period
  return within <= last ? within : period - within
}

/**
 * Pillow's and torchvision's sharpness: `factor` 0 is the picture smoothed by its neighbours (the middle counts five,
 * each neighbour one), 1 the picture itself, more than 1 sharper. The outermost pixels stay as they are.
 */
export function sharpen(planes: Float32Array, side: number, factor: number): void {
  const rest = (1 - factor) / 13
  for (const plane of planesOf(planes)) {
    const from = copyOf(plane)
    for (let y = 1; y < side - 1; y++) {
      for (let at = y * side + 1; at < (y + 1) * side - 1; at++) {
        const above = at - side
        const below = at + side
        const own = from[at] as number
        const around =
          (from[above - 1] as number) +
          (from[above] as number) +
          (from[above + 1] as number) +
          (from[at - 1] as number) +
          (from[at + 1] as number) +
          (from[below - 1] as number) +
          (from[below] as number) +
          (from[below + 1] as number)
        const value = factor * own + rest * (5 * own + around)
        plane[at] = value < 0 ? 0 : value > 1 ? 1 : value
      }
    }
  }
}
