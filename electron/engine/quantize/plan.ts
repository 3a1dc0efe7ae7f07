import type { NodeProto } from '../graph/onnx_pb.ts'
import { onlyReader } from './fold-constants.ts'
import type { OnnxGraph } from './onnx-graph.ts'

/** A node that computes on bytes, with the activation that the rounding of its output does by itself. */
export interface Unit {
  readonly node: NodeProto
  /** ReLU, or Clip from 0: bytes begin at 0, and end where the values do. */
  readonly activation: NodeProto | undefined
  /** Computed values that it reads, as bytes. */
  readonly inputs: readonly string[]
  readonly output: string
}

export interface StaticPlan {
  readonly units: readonly Unit[]
  /** Values that are bytes somewhere. Those with the same number have the same scale. */
  readonly scaleOf: ReadonlyMap<string, number>
}

export const isConvolution = (graph: OnnxGraph, { opType, input }: NodeProto): boolean =>
  opType === 'Conv' && graph.floats(input[1]) !== undefined

/** Operators that compute on bytes what they compute on floats, if all that they read may be bytes and some of it is. */
const followers = new Set(['Add', 'Concat', 'MaxPool', 'AveragePool'])

/**
 * Which nodes of a convolutional network compute on bytes: all convolutions but those in `kept`, and whatever lies
 * between them so that values need not become floats again.
 */
export function planStatic(graph: OnnxGraph, kept: ReadonlySet<string>): StaticPlan {
  const readers = graph.readers()
  const outputs = new Set(graph.outputs)
  const units: Unit[] = []
  /** Values that may be bytes without much being lost, and those that are. */
  const [asBytes, made] = [new Set<string>(), new Set<string>()]
  for (const node of graph.nodes) {
    const convolves = isConvolution(graph, node)
    const follows =
      followers.has(node.opType) &&
      node.input.every((name) => asBytes.has(name)) &&
      node.input.some((name) => made.has(name))
    if (!convolves && !follows) continue
    const [raw = ''] = node.output
    const next = onlyReader(readers, outputs, raw)
    const rounds = convolves || node.opType === 'Add'
    const activation = rounds && next && startsAtZero(graph, next) ? next : undefined
    const output = activation?.output[0] ?? raw
    if (outputs.has(output)) continue
    asBytes.add(output)
    if (kept.has(node.name)) continue
    made.add(output)
    units.push({ node, activation, inputs: convolves ? node.input.slice(0, 1) : node.input, output })
  }
  return { units, scaleOf: shareScales(units, readers) }
}

function startsAtZero(graph: OnnxGraph, { opType, input }: NodeProto): boolean {
  return opType === 'Relu' || (opType === 'Clip' && graph.floats(input[1])?.data[0] === 0)
}

/**
 * Pooling by the maximum keeps the scale; what is only joined to others has theirs, and is then merely copied. Bytes
 * that cut at zero for an activation share only with such that have nothing below zero either.
 */
function shareScales(
  units: readonly Unit[],
  readers: ReadonlyMap<string, readonly NodeProto[]>,
): ReadonlyMap<string, number> {
  const scaleOf = new Map<string, number>()
  let count = 0
  const numberOf = (value: string): number => {
    const number = scaleOf.get(value) ?? count++
    scaleOf.set(value, number)
    return number
  }
  const join = (a: string, b: string): void => {
    const [kept, gone] = [numberOf(a), numberOf(b)]
    for (const [value, number] of scaleOf) if (number === gone) scaleOf.set(value, kept)
  }
  const fromZero = new Set<string>()
  for (const { node, activation, inputs, output } of units) {
    for (const value of [...inputs, output]) numberOf(value)
    const allFromZero = node.opType !== 'Conv' && inputs.every((input) => fromZero.has(input))
    if (activation !== undefined || allFromZero) fromZero.add(output)
    if (node.opType === 'MaxPool') join(inputs[0] ?? '', output)
    if (node.opType !== 'Concat') continue
    inputs
      .filter((input) => readers.get(input)?.length === 1 && fromZero.has(input) === allFromZero)
      .forEach((input) => join(output, input))
  }
  return scaleOf
}
