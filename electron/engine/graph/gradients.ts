import { gradientRules } from './gradient-rules.ts'
import { add, concat, ones, zeros } from './operations.ts'
import type { PrimitiveName } from './primitives.ts'
import { fixed } from './shapes.ts'
import { is, reachable } from './tensor.ts'
import type { Tensor } from './tensor.ts'

/**
 * Builds the graph of the gradients of `output` with respect to each of `wrt`, in their order and shapes. `output` may
 * have any shape when `upstream` (the gradient of the final loss with respect to it) is given; it is 1 otherwise.
 * A tensor that the output does not depend on has gradient zero. The batch must have a known size.
 */
export function gradients(output: Tensor, wrt: readonly Tensor[], upstream: Tensor = ones(output.shape)): Tensor[] {
  const order = reachable([output])
  const relevant = new Set<Tensor>(wrt)
  for (const tensor of order) {
    if (tensor.inputs.some((input) => relevant.has(input))) relevant.add(tensor)
  }

  const collected = new Map<Tensor, Tensor[]>([[output, [upstream]]])
  const differentiate = <K extends PrimitiveName>(tensor: Tensor<K>, gradient: Tensor): void => {
    const rules = gradientRules[tensor.op](tensor, gradient)
    tensor.inputs.forEach((input, index) => {
      const rule = rules[index]
      if (rule === undefined || !relevant.has(input)) return
      const parts = collected.get(input) ?? []
      parts.push(rule())
      collected.set(input, parts)
    })
  }
  for (const tensor of order.toReversed()) {
    const parts = collected.get(tensor)
    if (parts !== undefined && relevant.has(tensor)) differentiate(tensor, total(parts))
  }
  return wrt.map((tensor) => total(collected.get(tensor) ?? [zeros(tensor.shape)]))
}

const total = (parts: readonly Tensor[]): Tensor => sideBySide(parts) ?? parts.reduce((sum, part) => add(sum, part))

/** Slices that make up the whole have gradients that lie side by side: nothing needs to be filled with zeros and added. */
function sideBySide(parts: readonly Tensor[]): Tensor | undefined {
  const pieces = parts.flatMap((part) => (is(part, 'pad') && part.attributes.value === 0 ? [part] : []))
  const [first] = pieces
  if (first === undefined || pieces.length < parts.length || pieces.length < 2) return undefined
  const rank = first.shape.length
  const axis = first.attributes.pads.findIndex((size) => size !== 0) % rank
  const inOrder = pieces.toSorted((a, b) => (a.attributes.pads[axis] ?? 0) - (b.attributes.pads[axis] ?? 0))
  let end = 0
  for (const { attributes, inputs } of inOrder) {
    const isElsewhere = attributes.pads.some((size, place) => place % rank !== axis && size !== 0)
    if (isElsewhere || attributes.pads[axis] !== end) return undefined
    end += fixed(inputs[0]?.shape[axis])
  }
  if (end !== first.shape[axis]) return undefined
  return concat(
    inOrder.flatMap(({ inputs }) => inputs),
    axis,
  )
}
