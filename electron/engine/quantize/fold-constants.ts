import type { NodeProto } from '../graph/onnx_pb.ts'
import type { OnnxGraph } from './onnx-graph.ts'
import { makeNode } from './onnx-graph.ts'

/** y = x · scale + shift for each channel of [N, C, H, W]. */
interface Affine {
  readonly scale: Float64Array
  readonly shift: Float64Array
}

/**
 * Takes what follows a convolution and is one number per channel into its weights: batch normalisations, and products
 * with a constant. What remains is rounded once, by the quantiser, instead of in pieces.
 */
export function foldIntoConvolutions(graph: OnnxGraph): void {
  const readers = graph.readers()
  const outputs = new Set(graph.outputs)
  const folded = new Set<NodeProto>()
  const nodes: NodeProto[] = []
  for (const node of graph.nodes) {
    if (folded.has(node)) continue
    if (node.opType !== 'Conv' || graph.floats(node.input[1]) === undefined) {
      nodes.push(node)
      continue
    }
    let [output = ''] = node.output
    const affines: Affine[] = []
    for (;;) {
      const next = onlyReader(readers, outputs, output)
      const affine = next && affineOf(graph, next, output)
      if (next === undefined || affine === undefined) break
      affines.push(affine)
      folded.add(next)
      output = next.output[0] ?? ''
    }
    nodes.push(affines.length === 0 ? node : convolutionWith(graph, node, output, affines))
  }
  graph.nodes = nodes
}

/** The node that alone reads a value, which is no output of the graph. */
export function onlyReader(
  readers: ReadonlyMap<string, readonly NodeProto[]>,
  outputs: ReadonlySet<string>,
  value: string,
): NodeProto | undefined {
  const all = readers.get(value) ?? []
  return all.length === 1 && !outputs.has(value) ? all[0] : undefined
}

/** What a node does to the channels of `value`, if that is all it does. */
function affineOf(graph: OnnxGraph, node: NodeProto, value: string): Affine | undefined {
  if (node.opType === 'BatchNormalization' && node.input[0] === value) {
    const parts = node.input.slice(1).map((name) => graph.floats(name)?.data)
    const [weight, bias, mean, variance] = parts as [Float32Array, Float32Array, Float32Array, Float32Array]
    if (parts.some((part) => part === undefined)) return undefined
    const epsilon = node.attribute.find(({ name }) => name === 'epsilon')?.f ?? 1e-5
    const scale = Float64Array.from(weight, (own, c) => own / Math.sqrt((variance[c] as number) + epsilon))
    const shift = Float64Array.from(bias, (own, c) => own - (mean[c] as number) * (scale[c] as number))
    return { scale, shift }
  }
  if (node.opType !== 'Mul') return undefined
  const factor = graph.floats(node.input.find((name) => name !== value))
  const [height, width] = factor?.shape.slice(-2) ?? []
  if (factor === undefined || factor.shape.length < 3 || height !== 1 || width !== 1) return undefined
  return { scale: Float64Array.from(factor.data), shift: new Float64Array(factor.data.length) }
}

function convolutionWith(graph: OnnxGraph, node: NodeProto, output: string, affines: readonly Affine[]): NodeProto {
  const [x = '', weightName = '', biasName] = node.input
  const weight = graph.floats(weightName)
  if (weight === undefined) return node
  const [channels = 1] = weight.shape
  const size = weight.data.length / channels
  const data = Float64Array.from(weight.data)
  const bias = Float64Array.from(graph.floats(biasName)?.data ?? new Float64Array(channels))
  for (const { scale, shift } of affines) {
    for (let channel = 0; channel < channels; channel++) {
      const factor = scale[channel] as number
      for (let at = channel * size; at < (channel + 1) * size; at++) data[at] = (data[at] as number) * factor
      bias[channel] = (bias[channel] as number) * factor + (shift[channel] as number)
    }
  }
  const inputs = [
    x,
    graph.constant(`${weightName} folded`, Float32Array.from(data), weight.shape),
    graph.constant(`${weightName} bias`, Float32Array.from(bias), [channels]),
  ]
  return { ...makeNode({ op: 'Conv', inputs, outputs: [output] }), attribute: node.attribute }
}
