import type { NodeProto } from '../graph/onnx_pb.ts'
import { addWeights, byteWeights, namesForReaders } from './eight-bits.ts'
import { makeNode, type OnnxGraph } from './onnx-graph.ts'

/** ONNX's number for float32, as Cast wants it. */
const float32 = 1

/**
 * Products with constant weights on bytes, whose scale is found anew for every batch: what suits transformers, between
 * whose products lie operators that need floats. ONNX Runtime joins each group of nodes to one operator.
 */
export function quantizeDynamically(graph: OnnxGraph, products: readonly NodeProto[], bits: 7 | 8): void {
  const chosen = new Set(products)
  const quantised = new Set<string>()
  const nameOf = namesForReaders()
  graph.nodes = graph.nodes.flatMap((node) => {
    const [x = '', weightName = ''] = node.input
    const weight = graph.floats(weightName)
    if (!chosen.has(node) || weight === undefined) return [node]
    const [bytes, scale, zero] = [`${x} bytes`, `${x} scale`, `${x} zero`]
    const first = quantised.has(x)
      ? []
      : [makeNode({ op: 'DynamicQuantizeLinear', inputs: [x], outputs: [bytes, scale, zero] })]
    quantised.add(x)
    const made = addWeights(graph, nameOf(weightName), weight.shape, byteWeights(weight, 1, bits))
    const [y = ''] = node.output
    const [sums, floats, scales] = [`${y} sums`, `${y} floats`, `${y} scales`]
    return [
      ...first,
      makeNode({ op: 'MatMulInteger', inputs: [bytes, made.bytes, zero, made.zeros], outputs: [sums] }),
      makeNode({ op: 'Cast', inputs: [sums], outputs: [floats], attributes: { to: float32 } }),
      makeNode({ op: 'Mul', inputs: [scale, made.scales], outputs: [scales] }),
      makeNode({ op: 'Mul', inputs: [floats, scales], outputs: [y] }),
    ]
  })
}
