import { writeModel } from '../graph/model-file.ts'
import { openSession } from '../runtime/index.ts'
import { addWeights } from './eight-bits.ts'
import { makeNode, OnnxGraph } from './onnx-graph.ts'

/**
 * Whether this processor adds products of bytes in 16 bits, which overflow: those without VNNI or its like. Tried, not
 * guessed: 255 · 127, many times over.
 */
export async function productsSaturate(): Promise<boolean> {
  const size = 64
  const rows = new Float32Array(size)
  const graph = new OnnxGraph(
    writeModel({
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
      initializers: [],
      inputs: [{ name: 'x', shape: [1, size], dtype: 'float32' }],
      outputs: [{ name: 'y', shape: [1, size], dtype: 'float32' }],
    }),
  )
  const weights = { data: new Int8Array(size * size).fill(127), scales: new Float32Array(size).fill(1) }
  const { bytes } = addWeights(graph, 'w', [size, size], weights)
  graph.nodes = [
    makeNode({ op: 'Cast', inputs: ['x'], outputs: ['x bytes'], attributes: { to: 2 } }),
    makeNode({ op: 'MatMulInteger', inputs: ['x bytes', bytes], outputs: ['sums'] }),
    makeNode({ op: 'Cast', inputs: ['sums'], outputs: ['y'], attributes: { to: 1 } }),
  ]
  const session = await openSession(graph.write(), { preventOverflow: false })
  const { y } = await session.run({ x: { data: rows.fill(255), shape: [1, size] } })
  await session.close()
  return y?.data[0] !== size * 255 * 127
}
