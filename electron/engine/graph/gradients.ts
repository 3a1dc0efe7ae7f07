import { gradientRules } from './gradient-rules.ts'
import { add, ones, zeros } from './operations.ts'
import type { PrimitiveName } from './primitives.ts'
import { reachable } from './tensor.ts'
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

  const collected = new Map<Tensor, Tensor>([[output, upstream]])
  const differentiate = <K extends PrimitiveName>(tensor: Tensor<K>, gradient: Tensor): void => {
    const rules = gradientRules[tensor.op](tensor, gradient)
    tensor.inputs.forEach((input, index) => {
      const rule = rules[index]
      if (rule === undefined || !relevant.has(input)) return
      const known = collected.get(input)
      const part = rule()
      collected.set(input, known === undefined ? part : add(known, part))
    })
  }
  for (const tensor of order.toReversed()) {
    const gradient = collected.get(tensor)
    if (gradient !== undefined && relevant.has(tensor)) differentiate(tensor, gradient)
  }
  return wrt.map((tensor) => collected.get(tensor) ?? zeros(tensor.shape))
}
