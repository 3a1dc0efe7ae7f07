import type { InitializerDescription, ModelDescription, NodeDescription } from './model-file.ts'

type Weights = ReadonlyMap<string, InitializerDescription>

/**
 * Does once, here, what every run would do to a weight: rows that are taken from it become a weight of their own, and the
 * weight of a product with a transposed one (PyTorch stores [out, in]) is turned, which leaves a plain product. A weight
 * that something else also reads is not turned: it would be there twice. A graph has no two nodes that do the same (the
 * emitter sees to it), so nothing is folded twice.
 */
export function foldWeights(model: ModelDescription): ModelDescription {
  const readers = new Map<string, number>()
  for (const { inputs } of model.nodes) inputs.forEach((input) => readers.set(input, (readers.get(input) ?? 0) + 1))
  const weights = new Map(model.initializers.map((weight) => [weight.name, weight]))
  /** The weight that stands for a value which was computed from one. */
  const standsFor = new Map<string, string>()
  const nodes: NodeDescription[] = []
  for (const node of model.nodes) {
    const [output = ''] = node.outputs
    const known = { ...node, inputs: node.inputs.map((input) => standsFor.get(input) ?? input) }
    const isOnlyReader = readers.get(node.inputs[0] ?? '') === 1
    const folded = rowsOf(known, weights) ?? (isOnlyReader ? turned(known, weights) : undefined)
    if (folded === undefined) nodes.push(known)
    else {
      weights.set(folded.name, folded)
      standsFor.set(output, folded.name)
    }
  }
  const read = new Set(nodes.flatMap(({ inputs }) => inputs))
  return { ...model, nodes, initializers: [...weights.values()].filter(({ name }) => read.has(name)) }
}

/** Rows of a weight, under a name that says which; nothing where the node takes something else. */
function rowsOf({ op, inputs }: NodeDescription, weights: Weights): InitializerDescription | undefined {
  const [weight, starts, ends, axes] = inputs.map((input) => weights.get(input))
  // A fifth input are steps.
  if (op !== 'Slice' || inputs.length !== 4 || weight === undefined || starts === undefined) return undefined
  if (axes?.data.length !== 1 || Number(axes.data[0]) !== 0) return undefined
  const [start, end] = [Number(starts.data[0]), Number(ends?.data[0])]
  const [rows = 0, ...rest] = weight.shape.map(Number)
  if (!(start >= 0 && start < end && end <= rows)) return undefined
  const size = rest.reduce((product, length) => product * length, 1)
  const data = weight.data.slice(start * size, end * size)
  return { ...weight, name: `${weight.name}[${start}:${end}]`, shape: [end - start, ...rest], data }
}

/** A matrix [rows, columns] turned, under its own name; nothing where the node does something else. */
function turned({ op, inputs }: NodeDescription, weights: Weights): InitializerDescription | undefined {
  const weight = weights.get(inputs[0] ?? '')
  if (op !== 'Transpose' || weight?.shape.length !== 2) return undefined
  const [rows = 0, columns = 0] = weight.shape.map(Number)
  const data = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      data[column * rows + row] = Number(weight.data[row * columns + column])
    }
  }
  return { ...weight, shape: [columns, rows], data }
}
