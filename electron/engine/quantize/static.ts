import type { NodeProto } from '../graph/onnx_pb.ts'
import { addWeights, byteScale, byteWeights, leastScales, namesForReaders, type ByteScale } from './eight-bits.ts'
import type { Range } from './histogram.ts'
import { makeNode, type OnnxGraph } from './onnx-graph.ts'
import { isConvolution, type StaticPlan, type Unit } from './plan.ts'

/**
 * Writes a plan into the graph as pairs of QuantizeLinear and DequantizeLinear around its units, which ONNX Runtime
 * turns into operators on bytes (QLinearConv and its like) in the layout that they like best. Weights are bytes in the
 * file.
 */
export function quantizeStatically(
  graph: OnnxGraph,
  { units, scaleOf }: StaticPlan,
  ranges: ReadonlyMap<string, Range>,
  bits: 7 | 8,
): void {
  const scales = new Map([...scaleOf].map(([value, group]) => [value, byteScale(rangeOf(group, scaleOf, ranges))]))
  const unitOf = new Map<NodeProto, Unit>(units.map((unit) => [unit.node, unit]))
  const dropped = new Set(units.flatMap(({ activation }) => activation ?? []))
  const made = new Set(units.map(({ output }) => output))
  const nodes: NodeProto[] = []
  const nameOf = namesForReaders()

  const throughBytes = (value: string): void => {
    const scale = scales.get(value)
    if (scale === undefined) return
    const parameters = addScale(graph, value, scale)
    const bytes = `${value} bytes`
    nodes.push(makeNode({ op: 'QuantizeLinear', inputs: [value, ...parameters], outputs: [bytes] }))
    nodes.push(makeNode({ op: 'DequantizeLinear', inputs: [bytes, ...parameters], outputs: [restored(value)] }))
  }

  for (const node of graph.nodes) {
    if (dropped.has(node)) continue
    const unit = unitOf.get(node)
    // What units make exists as bytes alone; anything else also as it is.
    const input = node.input.map((name) => (made.has(name) || unit?.inputs.includes(name) ? restored(name) : name))
    if (unit === undefined) nodes.push({ ...node, input })
    else {
      const read = isConvolution(graph, node)
        ? [
            ...input.slice(0, 1),
            ...convolutionWeights(graph, node, scales.get(node.input[0] ?? ''), bits, { nodes, nameOf }),
          ]
        : input
      nodes.push({ ...node, input: read, output: [unit.output] })
    }
    for (const value of unit === undefined ? node.output : [unit.output]) throughBytes(value)
  }
  graph.nodes = nodes
}

/** Name of a value as it comes out of bytes. */
const restored = (value: string): string => `${value} from bytes`

/** All that values of one scale reach. */
function rangeOf(group: number, scaleOf: ReadonlyMap<string, number>, ranges: ReadonlyMap<string, Range>): Range {
  const members = [...scaleOf].flatMap(([value, number]) => (number === group ? (ranges.get(value) ?? []) : []))
  return {
    low: Math.min(0, ...members.map(({ low }) => low)),
    high: Math.max(0, ...members.map(({ high }) => high)),
  }
}

/** Scale and zero point as constants. */
function addScale(graph: OnnxGraph, value: string, { scale, zeroPoint }: ByteScale): [scale: string, zero: string] {
  return [
    graph.constant(`${value} scale`, Float32Array.of(scale), []),
    graph.constant(`${value} zero`, Uint8Array.of(zeroPoint), []),
  ]
}

/** Weight and bias as they come out of bytes: the names to read them by. */
function convolutionWeights(
  graph: OnnxGraph,
  { input: [, weightName = '', biasName] }: NodeProto,
  inputScale: ByteScale | undefined,
  bits: 7 | 8,
  { nodes, nameOf }: { nodes: NodeProto[]; nameOf: (constant: string) => string },
): string[] {
  const weight = graph.floats(weightName)
  const bias = graph.floats(biasName)?.data
  const scale = inputScale?.scale ?? 1
  if (weight === undefined) return []
  const made = byteWeights(weight, 0, bits, bias && leastScales(bias, scale))
  const restore = (name: string, inputs: readonly string[]): string => {
    const output = restored(name)
    nodes.push(makeNode({ op: 'DequantizeLinear', inputs, outputs: [output], attributes: { axis: 0 } }))
    return output
  }
  const own = nameOf(weightName)
  const { bytes, scales, zeros } = addWeights(graph, own, weight.shape, made)
  const names = [restore(own, [bytes, scales, zeros])]
  if (bias !== undefined && biasName !== undefined) {
    const ownBias = nameOf(biasName)
    const sums = made.scales.map((each) => each * scale)
    const wide = Int32Array.from(bias, (value, channel) => Math.round(value / (sums[channel] as number)))
    const parts = [
      graph.constant(`${ownBias} bytes`, wide, [wide.length]),
      graph.constant(`${ownBias} scales`, sums, [sums.length]),
      graph.constant(`${ownBias} zeros`, new Int32Array(sums.length), [sums.length]),
    ]
    names.push(restore(ownBias, parts))
  }
  return names
}
