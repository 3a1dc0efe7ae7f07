import type { NodeProto } from '../graph/onnx_pb.ts'
import { onlyReader } from './fold-constants.ts'
import { intsOf, makeNode, type OnnxGraph } from './onnx-graph.ts'
import { isConvolution } from './plan.ts'

/**
 * Average pooling that counts the padding is a depthwise convolution, which is many times as fast on bytes. It needs to
 * know the channels: those of the convolutions that read it.
 */
export function averageByConvolution(graph: OnnxGraph): void {
  const readers = graph.readers()
  graph.nodes = graph.nodes.map((node) => {
    const reader = readers.get(node.output[0] ?? '')?.find((each) => isConvolution(graph, each))
    if (node.opType !== 'AveragePool' || reader === undefined || !countsPadding(node)) return node
    const [, channels = 1] = graph.floats(reader.input[1])?.shape ?? []
    const kernel = intsOf(node, 'kernel_shape') ?? []
    const size = kernel.reduce((product, side) => product * side, 1)
    const weight = new Float32Array(channels * size).fill(1 / size)
    const name = graph.constant(`${node.output[0]} weight`, weight, [channels, 1, ...kernel])
    return makeNode({
      op: 'Conv',
      inputs: [...node.input, name],
      outputs: node.output,
      attributes: {
        group: channels,
        kernel_shape: kernel,
        strides: intsOf(node, 'strides') ?? kernel.map(() => 1),
        pads: intsOf(node, 'pads') ?? kernel.flatMap(() => [0, 0]),
      },
    })
  })
}

/**
 * ReLU of the largest is the largest of ReLU: moved in front of the pooling it is part of the convolution there, whose
 * bytes then need not reach below zero.
 */
export function activateBeforePooling(graph: OnnxGraph): void {
  const readers = graph.readers()
  const outputs = new Set(graph.outputs)
  const moved = new Set<NodeProto>()
  graph.nodes = graph.nodes.flatMap((node) => {
    if (moved.has(node)) return []
    const [pooled = ''] = node.output
    const next = onlyReader(readers, outputs, pooled)
    if (node.opType !== 'MaxPool' || next?.opType !== 'Relu') return [node]
    moved.add(next)
    const activated = `${pooled} activated`
    return [
      makeNode({ op: 'Relu', inputs: node.input, outputs: [activated] }),
      { ...node, input: [activated], output: next.output },
    ]
  })
}

function countsPadding(node: NodeProto): boolean {
  const counted = node.attribute.find(({ name }) => name === 'count_include_pad')?.i === 1n
  return counted || (intsOf(node, 'pads') ?? []).every((size) => size === 0)
}
