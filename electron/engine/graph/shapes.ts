import type { Dimension, Pads, Pair, Shape } from './primitives.ts'

/** Number of elements of a shape without symbolic dimension. */
export function sizeOf(shape: Shape): number {
  return staticShape(shape).reduce((product, size) => product * size, 1)
}

/** The shape as numbers. Throws when the batch is symbolic. */
export function staticShape(shape: Shape): number[] {
  return shape.map((size) => {
    if (size === 'N') throw new Error(`the batch size must be known here, but the shape is [${shape.join(', ')}]`)
    return size
  })
}

export function fixed(size: Dimension | undefined): number {
  if (typeof size !== 'number') throw new Error(`a fixed size is needed where the shape has ${size ?? 'no axis'}`)
  return size
}

/** -1 is the last axis. */
export function normalAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(normal) || normal < 0 || normal >= rank) throw new Error(`there is no axis ${axis} of ${rank}`)
  return normal
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis])
}

/** The common shape of two operands by NumPy's rule: aligned at the last axis, 1 stretches. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[a.length - rank + axis] ?? 1
    const right = b[b.length - rank + axis] ?? 1
    if (left === right || right === 1) return left
    if (left === 1) return right
    throw new Error(`[${a.join(', ')}] and [${b.join(', ')}] do not broadcast`)
  })
}

/** Height and width after a convolution or pooling; rounded down, as everywhere in Fleuron. */
export function windowOutput(size: Pair, kernel: Pair, strides: Pair, pads: Pads, dilations: Pair = [1, 1]): Pair {
  const along = (axis: 0 | 1): number => {
    const room = size[axis] + pads[axis] + pads[(axis + 2) as 2 | 3] - dilations[axis] * (kernel[axis] - 1) - 1
    if (room < 0) throw new Error(`a window of ${kernel.join('×')} does not fit into ${size.join('×')}`)
    return Math.floor(room / strides[axis]) + 1
  }
  return [along(0), along(1)]
}

/** TensorFlow's "same" padding: the output is ceil(size / stride), the smaller half of the padding comes first. */
export function samePads(size: Pair, kernel: Pair, strides: Pair): Pads {
  const total = (axis: 0 | 1): number =>
    Math.max((Math.ceil(size[axis] / strides[axis]) - 1) * strides[axis] + kernel[axis] - size[axis], 0)
  const [height, width] = [total(0), total(1)]
  return [height >> 1, width >> 1, height - (height >> 1), width - (width >> 1)]
}
