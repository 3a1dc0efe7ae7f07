/**
 * The gradient of a convolution for its weight: for each place (i, j) of the kernel the product of the output's gradient
 * with x shifted by (i, j), summed over images and pixels. There are no views in ONNX Runtime, so a shift is a copy; the
 * forms differ in how the copies are made and how many there are.
 */
import type { Form } from './convolution-forms.ts'
import { geometry, isPlain } from './convolution-geometry.ts'
import type { Emitter } from './emitter.ts'
import type { Tensor } from './tensor.ts'

type Gradient = Tensor<'convWeightGradient'>

/** What copying one value costs, in multiply-adds of a matrix product: as a block, and picked out by a convolution. */
const copyCost = 14
const pickCost = 60
/** Products with so narrow results run a little below the best. */
const productFactor = 1.2

/**
 * Σ over images and pixels of the outer products of rows: gradient rows [N, group, R, L] and x rows [N, group, S, L] to
 * [group, R, S]. One product per image and a sum; where the products would be larger than the rows, the images are laid
 * side by side first and one product does it all.
 */
function sumOfProducts(
  emit: Emitter,
  [gradient, x]: readonly [string, string],
  { batch, group, rows, columns, length }: Record<'batch' | 'group' | 'rows' | 'columns' | 'length', number>,
): string {
  if (group === 1 && rows * columns > (rows + columns) * length) {
    const beside = (value: string, count: number): string =>
      emit.reshape(emit.transpose(emit.reshape(value, [batch, count, length]), [1, 0, 2]), [count, batch * length])
    return emit.matmul(beside(gradient, rows), beside(x, columns), [2, 2], false, true)
  }
  const together = groupsTogether(group, columns)
  const shaped = (value: string, count: number): string =>
    emit.reshape(value, [batch, group / together, together * count, length])
  const products = emit.sum(emit.matmul(shaped(gradient, rows), shaped(x, columns), [4, 4], false, true), [0])
  if (together === 1) return products
  // Of the products between groups those of a group with itself are wanted.
  const pairs = emit.reshape(products, [group / together, together, rows, together, columns])
  const own = Float32Array.from({ length: together ** 2 }, (_, pair) => (pair % (together + 1) === 0 ? 1 : 0))
  const wanted = emit.node('Mul', [pairs, emit.floats(own, [1, together, 1, together, 1])])
  return emit.reshape(emit.sum(wanted, [3]), [group, rows, columns])
}

/**
 * A matrix product computes 16 columns or 1 in the same time: so many small groups as fit share one, and what comes out
 * between different groups is dropped.
 */
function groupsTogether(group: number, columns: number): number {
  for (let together = Math.floor(16 / columns); together > 1; together--) if (group % together === 0) return together
  return 1
}

const pointwise: Form<'convWeightGradient'> = {
  name: 'product of the pixels as they are',
  cost: (tensor) => {
    const sizes = geometry(tensor)
    const { places, pads } = sizes
    return places === 1 && isPlain(sizes) && pads.every((size) => size === 0) ? 0 : undefined
  },
  lower: (emit, [x = '', gradient = ''], tensor) => {
    const { batch, group, channels, out, height, width } = geometry(tensor)
    const sizes = { batch, group, rows: out / group, columns: channels / group, length: height * width }
    return emit.reshape(sumOfProducts(emit, [gradient, x], sizes), [out, channels / group, 1, 1])
  },
}

/**
 * Rows of x and of the gradient laid end to end, with so many zeros between that one sequence serves all shifts: a shift
 * by (i, j) is then an offset of i rows and j pixels. The rows' part goes to the gradient, the pixels' part to x: so
 * many copies as the kernel has rows, and as it has columns, all made by one concatenation with zeros each.
 */
function sequences(tensor: Gradient) {
  const { height, width, outHeight, outWidth, kernel, pads } = geometry(tensor)
  const [top, left, , right] = pads
  const pitch = Math.max(width + Math.max(left, right), outWidth)
  const [ofX, ofGradient] = [height * pitch, outHeight * pitch]
  // Keeps the offsets of x from falling below zero where there is no padding at the top.
  const base = Math.max(0, kernel[1] - 1 - left - top * pitch)
  const gradientOffsets = Array.from({ length: kernel[0] }, (_, i) => base + i * pitch)
  const xOffsets = Array.from({ length: kernel[1] }, (_, j) => base + top * pitch + left - j)
  const length = Math.max((gradientOffsets.at(-1) ?? 0) + ofGradient, (xOffsets[0] ?? 0) + ofX)
  return { pitch, ofX, ofGradient, gradientOffsets, xOffsets, length }
}

/** [rows, size] to [rows, offsets · length]: for each offset so many zeros, the values, and zeros up to the length. */
function shiftedCopies(
  emit: Emitter,
  value: string,
  [rows, size, length]: readonly [number, number, number],
  offsets: readonly number[],
): string {
  let gap = 0
  const parts: string[] = []
  const fill = (): void => {
    if (gap > 0) parts.push(emit.zeros([rows, gap]))
  }
  for (const offset of offsets) {
    gap += offset
    fill()
    parts.push(value)
    gap = length - offset - size
  }
  fill()
  return emit.concat(parts, 1)
}

const shifted: Form<'convWeightGradient'> = {
  name: 'shifted copies by concatenation',
  cost: (tensor) => {
    const sizes = geometry(tensor)
    const { batch, channels, out, group, kernel, places } = sizes
    if (!isPlain(sizes)) return undefined
    const { length } = sequences(tensor)
    const copies = channels * (kernel[1] + 1) + out * (kernel[0] + 1)
    return productFactor * batch * length * ((places * out * channels) / group + copies * copyCost)
  },
  lower: (emit, [x = '', gradient = ''], tensor) => {
    const { batch, channels, width, height, out, outHeight, outWidth, group, kernel } = geometry(tensor)
    const { pitch, ofX, ofGradient, gradientOffsets, xOffsets, length } = sequences(tensor)
    const widened = (value: string, count: number, size: readonly [number, number]): string => {
      const rows = batch * count
      if (size[1] === pitch) return emit.reshape(value, [rows, size[0] * pitch])
      const lines = emit.reshape(value, [rows * size[0], size[1]])
      return emit.reshape(emit.concat([lines, emit.zeros([rows * size[0], pitch - size[1]])], 1), [
        rows,
        size[0] * pitch,
      ])
    }
    const ofRows = widened(gradient, out, [outHeight, outWidth])
    const ofColumns = widened(x, channels, [height, width])
    const copies = [
      shiftedCopies(emit, ofRows, [batch * out, ofGradient, length], gradientOffsets),
      shiftedCopies(emit, ofColumns, [batch * channels, ofX, length], xOffsets),
    ] as const
    const perGroup = channels / group
    const sizes = { batch, group, rows: (out / group) * kernel[0], columns: perGroup * kernel[1], length }
    const products = emit.reshape(sumOfProducts(emit, copies, sizes), [out, kernel[0], perGroup, kernel[1]])
    return emit.transpose(products, [0, 2, 1, 3])
  },
}

/**
 * A depthwise convolution whose kernels are 1 at one place each picks out all shifts at once, whatever stride and
 * dilation: [N, C · places, H', W'].
 */
function pickShifts(emit: Emitter, x: string, tensor: Gradient): string {
  const { batch, channels, height, width, places, kernel } = geometry(tensor)
  const { strides, dilations, pads } = tensor.attributes
  const picks = new Float32Array(channels * places * places)
  for (let i = 0; i < channels * places; i++) picks[i * places + (i % places)] = 1
  const shape = [channels * places, 1, ...kernel]
  const weight = emit.initializer(`picks ${channels} ${kernel.join('×')}`, picks, shape, 'float32')
  const attributes = { kernel_shape: kernel, strides, dilations, pads }
  if (emit.device === 'cpu') return emit.node('Conv', [x, weight], { ...attributes, group: channels })
  // WebGPU of onnxruntime-node 1.30 computes several outputs of a group wrongly: each gets an image of its own.
  const repeatedShape = [batch, channels, places, height * width]
  const repeated = emit.node('Expand', [
    emit.reshape(x, [batch, channels, 1, height * width]),
    emit.ints(repeatedShape),
  ])
  const images = emit.reshape(repeated, [batch, channels * places, height, width])
  return emit.node('Conv', [images, weight], { ...attributes, group: channels * places })
}

const picked: Form<'convWeightGradient'> = {
  name: 'shifts picked by a depthwise convolution',
  cost: (tensor) => {
    const { batch, channels, out, group, places, outHeight, outWidth } = geometry(tensor)
    return batch * outHeight * outWidth * places * channels * (out / group + pickCost)
  },
  lower: (emit, [x = '', gradient = ''], tensor) => {
    const { batch, channels, out, group, places, kernel, outHeight, outWidth } = geometry(tensor)
    const perGroup = channels / group
    const sizes = { batch, group, rows: out / group, columns: perGroup * places, length: outHeight * outWidth }
    return emit.reshape(sumOfProducts(emit, [gradient, pickShifts(emit, x, tensor)], sizes), [out, perGroup, ...kernel])
  },
}

export const weightGradientForms: readonly Form<'convWeightGradient'>[] = [pointwise, shifted, picked]
