import { writeModel } from '../graph/index.ts'

const size = 64
export const inputShape = [1, size]

/** ONNX's numbers for element types, as Cast wants them. */
const elementTypes = { float32: 1, uint8: 2, int8: 3 }

/**
 * x [1, 64] of bytes times weights of 127, as products of bytes. Processors without VNNI or its like add these in 16 bits,
 * which overflow.
 */
export const productsOfBytes = (): Uint8Array =>
  writeModel({
    nodes: [
      { op: 'Cast', inputs: ['x'], outputs: ['x bytes'], attributes: { to: elementTypes.uint8 } },
      { op: 'Cast', inputs: ['w'], outputs: ['w bytes'], attributes: { to: elementTypes.int8 } },
      { op: 'MatMulInteger', inputs: ['x bytes', 'w bytes'], outputs: ['sums'] },
      { op: 'Cast', inputs: ['sums'], outputs: ['y'], attributes: { to: elementTypes.float32 } },
    ],
    initializers: [{ name: 'w', shape: [size, size], dtype: 'float32', data: new Float32Array(size * size).fill(127) }],
    inputs: [{ name: 'x', shape: inputShape, dtype: 'float32' }],
    outputs: [{ name: 'y', shape: [1, size], dtype: 'float32' }],
  })

/** What it is given, and what it answers where sums do not overflow. */
export const [largest, sumOfProducts] = [new Float32Array(size).fill(255), size * 255 * 127]
