/**
 * ONNX Runtime's convolutions for processors work fastest on channels in blocks of 8 or 16 beside one another (NCHWc).
 * It lays out constant weights so by itself; in training the weights change, and the graph must do it.
 */
import type { Emitter } from './emitter.ts'
import type { AttributeValue } from './model-file.ts'
import type { Shape } from './primitives.ts'

const blocked = 'com.microsoft.nchwc'

/** Multiply-adds per value carried in and out of the layout, and pixels per weight, from which it pays (measured). */
const workPerValue = 80
const pixelsPerWeight = 2000

/** Whether a convolution to `output` with this weight [out, in, height, width] should be computed in blocks. */
export function paysBlocked(
  emit: Emitter,
  output: Shape,
  [out = 1, channels = 1, height = 1, width = 1]: readonly number[],
): boolean {
  const [batch, outputChannels, ...size] = output
  const { block } = emit
  if (block === undefined || batch === 'N' || outputChannels !== out) return false
  if (out % block !== 0 || channels % block !== 0) return false
  const pixels = size.reduce<number>((product, side) => product * Number(side), Number(batch))
  return (out * channels * height * width) / (out + channels) >= workPerValue && pixels >= pixelsPerWeight
}

/** The convolution in blocks, from and to the usual layout. Inputs: x, weight, optionally bias. Ungrouped. */
export function blockedConv(
  emit: Emitter,
  [x = '', weight = '', ...bias]: readonly string[],
  [out = 1, channels = 1, height = 1, width = 1]: readonly number[],
  attributes: Readonly<Record<string, AttributeValue>>,
): string {
  const { block = 1 } = emit
  const apart = emit.reshape(weight, [out / block, block, channels / block, block, height, width])
  const turned = emit.reshape(emit.transpose(apart, [0, 2, 4, 5, 3, 1]), [out, channels, height, width])
  const inBlocks = emit.node('ReorderInput', [x], {}, blocked)
  const result = emit.node('Conv', [inBlocks, turned, ...bias], attributes, blocked)
  return emit.node('ReorderOutput', [result], { channels: out }, blocked)
}
