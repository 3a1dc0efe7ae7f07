/**
 * Convolutions as one matrix product over all pixels of all images: pixels are rows of channels, and the patch that a
 * pixel of the output sees is gathered row by row. Best where the weight is large beside the map: it is used as it lies.
 */
import type { Form } from './convolution-forms.ts'
import { geometry } from './convolution-geometry.ts'
import type { Convolution, Geometry } from './convolution-geometry.ts'
import type { Emitter } from './emitter.ts'
import type { Tensor } from './tensor.ts'

/** In multiply-adds: gathering a value of a patch, adding one up, laying out a weight. */
const gatherCost = 120
const addCost = 200
const weightCost = 110

/** [N, C, H, W] to [N · pixels, C], and back. */
function toRows(emit: Emitter, x: string, batch: number, channels: number, pixels: number): string {
  const turned = emit.transpose(emit.reshape(x, [batch, channels, pixels]), [0, 2, 1])
  return emit.reshape(turned, [batch * pixels, channels])
}

function fromRows(emit: Emitter, rows: string, [batch, channels, height, width]: readonly number[]): string {
  const [images = 1, count = 1, high = 1, wide = 1] = [batch, channels, height, width]
  const turned = emit.transpose(emit.reshape(rows, [images, high * wide, count]), [0, 2, 1])
  return emit.reshape(turned, [images, count, high, wide])
}

/** For each pixel of the output and each place of the kernel the pixel of x, or -1 in the padding. */
function patchPixels(sizes: Geometry): number[] {
  const { batch, height, width, outHeight, outWidth, kernel, strides, pads, dilations } = sizes
  const found: number[] = []
  for (let image = 0; image < batch; image++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      for (let outColumn = 0; outColumn < outWidth; outColumn++) {
        for (let i = 0; i < kernel[0]; i++) {
          const row = outRow * strides[0] - pads[0] + i * dilations[0]
          for (let j = 0; j < kernel[1]; j++) {
            const column = outColumn * strides[1] - pads[1] + j * dilations[1]
            const inside = row >= 0 && row < height && column >= 0 && column < width
            found.push(inside ? (image * height + row) * width + column : -1)
          }
        }
      }
    }
  }
  return found
}

/** Rows by number, -1 for a row of zeros. */
function gather(emit: Emitter, rows: string, count: number, width: number, order: readonly number[]): string {
  if (!order.includes(-1)) return emit.gatherRows(rows, order)
  const last = emit.concat([rows, emit.zeros([1, width])], 0)
  return emit.gatherRows(
    last,
    order.map((row) => (row < 0 ? count : row)),
  )
}

/** [N · output pixels, places · C]. */
function patches(emit: Emitter, x: string, sizes: Geometry): string {
  const { batch, channels, height, width, outHeight, outWidth, places } = sizes
  const rows = toRows(emit, x, batch, channels, height * width)
  const gathered = gather(emit, rows, batch * height * width, channels, patchPixels(sizes))
  return emit.reshape(gathered, [batch * outHeight * outWidth, places * channels])
}

/** [out, in, places] to [out, places · in], and back. */
function weightRows(emit: Emitter, weight: string, { out, channels, places }: Geometry): string {
  return emit.reshape(emit.transpose(emit.reshape(weight, [out, channels, places]), [0, 2, 1]), [
    out,
    places * channels,
  ])
}

const patchValues = ({ batch, outHeight, outWidth, places, channels }: Geometry): number =>
  batch * outHeight * outWidth * places * channels

/** On the processor, ungrouped; and not where the patches would be many times what is computed from them. */
function fits(emit: Emitter, { group, out, batch, outHeight, outWidth }: Geometry): boolean {
  return emit.device === 'cpu' && group === 1 && out >= 32 && batch * outHeight * outWidth <= 4096
}

const cost =
  (perPatchValue: number) =>
  (tensor: Tensor<Convolution>, emit: Emitter): number | undefined => {
    if (tensor.inputs[0]?.shape[0] === 'N') return undefined
    const sizes = geometry(tensor)
    if (!fits(emit, sizes)) return undefined
    return sizes.macs + patchValues(sizes) * perPatchValue + sizes.weights * weightCost
  }

export const rowsConv: Form<'conv'> = {
  name: 'product of patches',
  cost: cost(gatherCost),
  lower: (emit, [x = '', weight = '', ...bias], tensor) => {
    const sizes = geometry(tensor)
    const inputs = [patches(emit, x, sizes), weightRows(emit, weight, sizes), ...bias]
    const { batch, out, outHeight, outWidth } = sizes
    return fromRows(emit, emit.node('Gemm', inputs, { transB: 1 }), [batch, out, outHeight, outWidth])
  },
}

/** For each pixel of x the products (output pixel · places + place) that it takes part in, filled up with -1. */
function returns(sizes: Geometry): { readonly order: number[]; readonly most: number } {
  const { batch, height, width, places } = sizes
  const lists: number[][] = Array.from({ length: batch * height * width }, () => [])
  patchPixels(sizes).forEach((pixel, product) => lists[pixel]?.push(product))
  const most = lists.reduce((largest, list) => Math.max(largest, list.length), 1)
  const filled = lists.flatMap((list) => [...list, ...Array.from({ length: most - list.length }, () => -1)])
  return { order: filled, most: Math.min(most, places) }
}

export const rowsInputGradient: Form<'convInputGradient'> = {
  name: 'product of patches, added up',
  cost: cost(addCost),
  lower: (emit, [gradient = '', weight = ''], tensor) => {
    const sizes = geometry(tensor)
    const { batch, channels, height, width, out, outHeight, outWidth, places } = sizes
    const upper = toRows(emit, gradient, batch, out, outHeight * outWidth)
    const products = emit.matmul(upper, weightRows(emit, weight, sizes), [2, 2])
    const count = batch * outHeight * outWidth * places
    const { order, most } = returns(sizes)
    const parts = gather(emit, emit.reshape(products, [count, channels]), count, channels, order)
    const pixels = batch * height * width
    const sums = most === 1 ? parts : emit.sum(emit.reshape(parts, [pixels, most, channels]), [1])
    return fromRows(emit, sums, [batch, channels, height, width])
  },
}

export const rowsWeightGradient: Form<'convWeightGradient'> = {
  name: 'product of patches',
  cost: cost(gatherCost),
  lower: (emit, [x = '', gradient = ''], tensor) => {
    const sizes = geometry(tensor)
    const { batch, channels, out, outHeight, outWidth, places, kernel } = sizes
    const upper = toRows(emit, gradient, batch, out, outHeight * outWidth)
    const products = emit.matmul(upper, patches(emit, x, sizes), [2, 2], true, false)
    const turned = emit.transpose(emit.reshape(products, [out, places, channels]), [0, 2, 1])
    return emit.reshape(turned, [out, channels, ...kernel])
  },
}
