import type { Range } from './histogram.ts'
import type { Floats, OnnxGraph } from './onnx-graph.ts'

/** value = scale · (byte − zeroPoint). */
export interface ByteScale {
  readonly scale: number
  readonly zeroPoint: number
}

/** For unsigned bytes. Zero is one of the 256 values: padding and what ReLU cuts stay exact. */
export function byteScale({ low, high }: Range): ByteScale {
  const scale = Math.fround((high - low) / 255)
  // Nothing but zeros was seen: any scale says so.
  if (scale === 0) return { scale: 1, zeroPoint: 0 }
  return { scale, zeroPoint: Math.min(255, Math.max(0, Math.round(-low / scale))) }
}

export interface ByteWeights {
  readonly data: Int8Array
  /** One for each output channel; the zero points are 0. */
  readonly scales: Float32Array
}

/**
 * Signed bytes with a scale for each output channel. `axis` is that of the output channels. `bits` is 8, or 7 for
 * processors whose products of bytes would not fit. `least` bounds the scales from below, by channel.
 */
export function byteWeights({ shape, data }: Floats, axis: number, bits: 7 | 8, least?: Float64Array): ByteWeights {
  const channels = shape[axis] ?? 1
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1)
  const most = 2 ** (bits - 1) - 1
  const channelOf = (index: number): number => Math.floor(index / inner) % channels
  const largest = new Float64Array(channels)
  data.forEach((value, index) => {
    const channel = channelOf(index)
    largest[channel] = Math.max(largest[channel] as number, Math.abs(value))
  })
  const scales = Float32Array.from(largest, (value, channel) => Math.max(value / most, least?.[channel] ?? 0) || 1)
  const bytes = new Int8Array(data.length)
  data.forEach((value, index) => {
    bytes[index] = Math.min(most, Math.max(-most, Math.round(value / (scales[channelOf(index)] as number))))
  })
  return { data: bytes, scales }
}

/** The largest sum that a bias of 32 bits may stand for, with room for the products that are added to it. */
const mostBias = 2 ** 30

/** Scales of weights below which the bias of a channel would not fit into 32 bits. */
export const leastScales = (bias: Float32Array, inputScale: number): Float64Array =>
  Float64Array.from(bias, (value) => Math.abs(value) / (inputScale * mostBias))

/**
 * Names for what each reader of a constant gets of it: the constant's own for the first. A model that looks at several
 * views of a photo reads its weights in each. They are copied, since what they are multiplied with has other scales
 * there, and since ONNX Runtime opens no model whose nodes share weights on bytes where it turns them into unsigned ones.
 */
export function namesForReaders(): (constant: string) => string {
  const readers = new Map<string, number>()
  return (constant) => {
    const count = (readers.get(constant) ?? 0) + 1
    readers.set(constant, count)
    return count === 1 ? constant : `${constant} ${count}`
  }
}

/** Puts the bytes and scales of a weight into the graph, under names made of its own. */
export function addWeights(graph: OnnxGraph, name: string, shape: readonly number[], weights: ByteWeights) {
  const { data, scales } = weights
  return {
    bytes: graph.constant(`${name} bytes`, data, shape),
    scales: graph.constant(`${name} scales`, scales, [scales.length]),
    zeros: graph.constant(`${name} zeros`, new Int8Array(scales.length), [scales.length]),
  }
}
