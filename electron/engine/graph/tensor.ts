import type { DType, PrimitiveName, Primitives, Shape } from './primitives.ts'
import { shapeRules } from './shape-rules.ts'

/** A node of the graph: one primitive applied to its inputs. Immutable; a graph is what can be reached from a tensor. */
export interface Tensor<K extends PrimitiveName = PrimitiveName> {
  /** Grows with creation, so that inputs always have smaller numbers than what is made of them. */
  readonly id: number
  readonly op: K
  readonly inputs: readonly Tensor[]
  readonly attributes: Primitives[K]
  readonly shape: Shape
  readonly dtype: DType
}

let created = 0

/** Applies a primitive. Throws when the shapes do not fit, naming the primitive and the shapes. */
export function apply<K extends PrimitiveName>(op: K, inputs: readonly Tensor[], attributes: Primitives[K]): Tensor<K> {
  const rule = shapeRules[op]
  try {
    const { shape, dtype } = rule(inputs, attributes)
    return { id: created++, op, inputs, attributes, shape, dtype }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const shapes = inputs.map((input) => `[${input.shape.join(', ')}]`).join(', ')
    throw new Error(`${op}(${shapes}): ${reason}`, { cause: error })
  }
}

export function is<K extends PrimitiveName>(tensor: Tensor, op: K): tensor is Tensor<K> {
  return (tensor.op as PrimitiveName) === op
}

/** Whether a value is handed in from outside. */
export const isInput = (tensor: Tensor): tensor is Tensor<'input'> => is(tensor, 'input')

/** All tensors that the given ones are made of, themselves included, inputs before what is made of them. */
export function reachable(outputs: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>()
  const waiting = [...outputs]
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    if (seen.has(tensor)) continue
    seen.add(tensor)
    waiting.push(...tensor.inputs)
  }
  return [...seen].sort((a, b) => a.id - b.id)
}
