/**
 * The gradient of a convolution for its weight as a convolution in blocks: images take the place of channels, and the
 * gradient of the output that of the kernel. Best where the map is small enough for that kernel to stay in the cache.
 */
import { blocked } from './blocked-convolution.ts'
import type { Form } from './convolution-forms.ts'
import { geometry } from './convolution-geometry.ts'
import type { Geometry } from './convolution-geometry.ts'
import type { Emitter } from './emitter.ts'

/** In multiply-adds: what a product costs beyond a fast one, and laying out a value of x or of the gradient. */
const productFactor = 1.4
const layOutCost = 60
/** Beyond so many pixels of a map the kernel of four blocks of channels leaves a cache of 2 MB. */
const mostPixels = 400

/** Pixels of x that so many of the output see along one axis. */
const reach = (out: number, stride: number, places: number, dilation: number): number =>
  (out - 1) * stride + 1 + (places - 1) * dilation

/** Zeros before and after each axis of x, negative to cut, such that the kernel's places are all that comes out. */
function margins({ height, width, outHeight, outWidth, kernel, strides, pads, dilations }: Geometry) {
  const [top, left] = pads
  const bottom = reach(outHeight, strides[0], kernel[0], dilations[0]) - height - top
  const right = reach(outWidth, strides[1], kernel[1], dilations[1]) - width - left
  return { top, left, bottom, right }
}

/** x [N, C, H, W] as [C, N / block, H + margins, W + margins, block]. */
function imagesInBlocks(emit: Emitter, x: string, sizes: Geometry): string {
  const { block = 1 } = emit
  const { batch, channels, height, width } = sizes
  const { top, left, bottom, right } = margins(sizes)
  // Padded by hand: the convolution computes places beside the border one by one, and here all of them would be.
  const [high, wide] = [Math.min(height, height + bottom), Math.min(width, width + right)]
  const cut = high < height || wide < width ? emit.slice(x, [2, 3], [0, 0], [high, wide]) : x
  const groups = batch / block
  const turned =
    groups === 1
      ? emit.transpose(emit.reshape(cut, [batch, channels * high * wide]), [1, 0])
      : emit.transpose(emit.reshape(cut, [groups, block, channels, high * wide]), [2, 0, 3, 1])
  const padded = (value: string, rows: number, size: number, before: number, after: number): string =>
    emit.concat(
      [
        ...(before > 0 ? [emit.zeros([rows, before])] : []),
        emit.reshape(value, [rows, size]),
        ...(after > 0 ? [emit.zeros([rows, after])] : []),
      ],
      1,
    )
  const [fullHeight, fullWidth] = [height + top + bottom, width + left + right]
  const lines = padded(turned, channels * groups * high, wide * block, left * block, right * block)
  const line = fullWidth * block
  const value = padded(lines, channels * groups, high * line, top * line, bottom * line)
  return emit.reshape(value, [channels, batch, fullHeight, fullWidth])
}

/** The gradient [N, K, H', W'] as [K / block, N / block, H', W', block of images, block of channels]. */
function gradientInBlocks(emit: Emitter, gradient: string, { batch, out, outHeight, outWidth }: Geometry): string {
  const { block = 1 } = emit
  const pixels = outHeight * outWidth
  const inBlocks = emit.node('ReorderInput', [gradient], {}, blocked)
  const groups = batch / block
  const turned =
    groups === 1
      ? emit.transpose(emit.reshape(inBlocks, [batch, (out / block) * pixels, block]), [1, 0, 2])
      : emit.transpose(emit.reshape(inBlocks, [groups, block, out / block, pixels, block]), [2, 0, 3, 1, 4])
  return emit.reshape(turned, [out, batch, outHeight, outWidth])
}

export const blockedWeightGradient: Form<'convWeightGradient'> = {
  name: 'blocked convolution over the images',
  cost: (tensor, emit) => {
    const sizes = geometry(tensor)
    const { batch, channels, height, width, out, outHeight, outWidth, group, macs } = sizes
    const { block } = emit
    if (block === undefined || group !== 1 || out % block !== 0 || batch % block !== 0) return undefined
    if (outHeight * outWidth > mostPixels) return undefined
    const values = batch * (channels * height * width + out * outHeight * outWidth)
    return macs * productFactor + values * layOutCost
  },
  lower: (emit, [x = '', gradient = ''], tensor) => {
    const { block = 1 } = emit
    const sizes = geometry(tensor)
    const { channels, out, outHeight, outWidth, kernel, places, strides, dilations } = sizes
    const operands = [imagesInBlocks(emit, x, sizes), gradientInBlocks(emit, gradient, sizes)]
    const attributes = {
      kernel_shape: [outHeight, outWidth],
      strides: dilations,
      dilations: strides,
      pads: [0, 0, 0, 0],
      group: 1,
    }
    const result = emit.node('Conv', operands, attributes, blocked)
    // [C, K / block, places, block] to [K / block, C · places, block], and to [K / block, block, C · places].
    const size = places * block
    const sorted = emit.transpose(emit.reshape(result, [channels, out / block, size]), [1, 0, 2])
    const turned = emit.transpose(emit.reshape(sorted, [out / block, channels * places, block]), [0, 2, 1])
    return emit.reshape(turned, [out, channels, ...kernel])
  },
}
