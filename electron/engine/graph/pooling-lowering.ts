/** How the gradient of max pooling becomes ONNX without the pooling's indices (slow on the CPU, absent on WebGPU). */
import type { Emitter } from './emitter.ts'
import { staticShape, windowOutput } from './shapes.ts'
import type { Tensor } from './tensor.ts'

/**
 * For each place of the window, in row-major order: where x there equals the maximum and no earlier place did, the
 * gradient goes there. The k·k pieces are then put back to where they came from by interleaving with zeros.
 */
export function lowerMaxPoolGradient(
  emit: Emitter,
  [x = '', pooled = '', gradient = '']: readonly string[],
  tensor: Tensor<'maxPoolGradient'>,
): string {
  const { kernel, strides, pads } = tensor.attributes
  const [batch = 1, channels = 1, height = 1, width = 1] = staticShape(tensor.shape)
  const [outHeight, outWidth] = windowOutput([height, width], kernel, strides, pads)
  const padded = emit.pad(x, [0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]], -3.4e38)
  const [spanHeight, spanWidth] = [height + pads[0] + pads[2], width + pads[1] + pads[3]]

  let free: string | undefined
  let total: string | undefined
  for (let row = 0; row < kernel[0]; row++) {
    for (let column = 0; column < kernel[1]; column++) {
      const bottom = row + (outHeight - 1) * strides[0] + 1
      const right = column + (outWidth - 1) * strides[1] + 1
      const here = emit.slice(padded, [2, 3], [row, column], [bottom, right], strides)
      const isMaximum = emit.node('Equal', [here, pooled])
      const first: string = free === undefined ? isMaximum : emit.node('And', [isMaximum, free])
      const taken = emit.node('Not', [isMaximum])
      free = free === undefined ? taken : emit.node('And', [free, taken])
      const share = emit.node('Mul', [gradient, emit.node('Cast', [first], { to: 1 })])
      const spread = interleave(emit, share, [batch, channels, outHeight, outWidth], strides)
      const [spreadHeight, spreadWidth] = [outHeight * strides[0], outWidth * strides[1]]
      const placed = emit.pad(spread, [
        0,
        0,
        row - pads[0],
        column - pads[1],
        0,
        0,
        spanHeight - row - spreadHeight - pads[2],
        spanWidth - column - spreadWidth - pads[3],
      ])
      total = total === undefined ? placed : emit.node('Add', [total, placed])
    }
  }
  return total ?? ''
}

/** Puts strides − 1 zeros after each entry of the last two axes. */
function interleave(
  emit: Emitter,
  value: string,
  shape: readonly [number, number, number, number],
  strides: readonly [number, number],
): string {
  if (strides[0] === 1 && strides[1] === 1) return value
  const [batch, channels, height, width] = shape
  const open = emit.reshape(value, [batch * channels, height, 1, width, 1])
  const filled = emit.pad(open, [0, 0, 0, 0, 0, 0, 0, strides[0] - 1, 0, strides[1] - 1])
  return emit.reshape(filled, [batch, channels, height * strides[0], width * strides[1]])
}
