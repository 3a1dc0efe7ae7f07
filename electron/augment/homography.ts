/**
 * Maps of the plane as 3 × 3 matrices, row by row. All of them go backwards, from a place in the finished picture to the
 * place that is shown there, in units of the picture's side: (0, 0) is the top left corner, (1, 1) the bottom right.
 * Several transforms are thus one matrix, and the photo is resampled once.
 */
export type Homography = readonly [number, number, number, number, number, number, number, number, number]

/** First `second`, then `first`: of two transforms, the one that is done to the photo first is `first`. */
export function after(first: Homography, second: Homography): Homography {
  const [a, b, c, d, e, f, g, h, i] = first
  const [j, k, l, m, n, o, p, q, r] = second
  return [
    a * j + b * m + c * p,
    a * k + b * n + c * q,
    a * l + b * o + c * r,
    d * j + e * m + f * p,
    d * k + e * n + f * q,
    d * l + e * o + f * r,
    g * j + h * m + i * p,
    g * k + h * n + i * q,
    g * l + h * o + i * r,
  ]
}

export const scaled = (x: number, y: number): Homography => [x, 0, 0, 0, y, 0, 0, 0, 1]

/** The picture moves by this much to the right and down. */
export const shifted = (x: number, y: number): Homography => [1, 0, -x, 0, 1, -y, 0, 0, 1]

/** The same about the middle of the picture. */
const centred = (map: Homography): Homography => after(after(shifted(-0.5, -0.5), map), shifted(0.5, 0.5))

export const mirrored: Homography = [-1, 0, 1, 0, 1, 0, 0, 0, 1]
export const turnedOver: Homography = [1, 0, 0, 0, -1, 1, 0, 0, 1]

const radians = (degrees: number): number => (degrees / 180) * Math.PI

/** The picture turns anticlockwise about its middle. */
export function rotated(degrees: number): Homography {
  const [sine, cosine] = [Math.sin(radians(degrees)), Math.cos(radians(degrees))]
  return centred([cosine, -sine, 0, sine, cosine, 0, 0, 0, 1])
}

/** Slanted by these angles, then enlarged, about the middle: torchvision's `affine` without its rotation. */
export function slantedAndEnlarged(xDegrees: number, yDegrees: number, scale: number): Homography {
  const [x, y] = [Math.tan(radians(xDegrees)), Math.tan(radians(yDegrees))]
  return centred([(1 + x * y) / scale, x / scale, 0, y / scale, 1 / scale, 0, 0, 0, 1])
}

/** Slanted about the top left corner, as RandAugment does: row y moves to the left by x · y, column x up by y · x. */
export const slanted = (x: number, y: number): Homography => [1, x, 0, y, 1, 0, 0, 0, 1]

/** Top left, top right, bottom right, bottom left. */
export type Corners = readonly [readonly [number, number], ...(readonly [number, number])[]]

/** The corners of the picture move to these places. P. Heckbert, "Fundamentals of texture mapping", 1989. */
export function cornersMoved(to: Corners): Homography {
  const [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = to as unknown as [number, number][] as [
    [number, number],
    [number, number],
    [number, number],
    [number, number],
  ]
  const [dx1, dx2, sx] = [x1 - x2, x3 - x2, x0 - x1 + x2 - x3]
  const [dy1, dy2, sy] = [y1 - y2, y3 - y2, y0 - y1 + y2 - y3]
  const area = dx1 * dy2 - dx2 * dy1
  const g = (sx * dy2 - dx2 * sy) / area
  const h = (dx1 * sy - sx * dy1) / area
  return inverse([x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1])
}

/** Up to a factor, which a map of the plane does not have. */
function inverse([a, b, c, d, e, f, g, h, i]: Homography): Homography {
  return [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ]
}
