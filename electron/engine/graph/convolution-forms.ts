import type { Emitter } from './emitter.ts'
import type { Tensor } from './tensor.ts'

type Gradient = 'convInputGradient' | 'convWeightGradient'

/**
 * One of several ways to compute a gradient: equal in value, very different in speed, and none the best for all shapes.
 * Which is taken is decided by `cost`, an estimate; measured times of a machine could stand in its place.
 */
export interface Form<K extends Gradient> {
  readonly name: string
  /** In multiply-adds, comparable among the forms of one gradient; none where the form does not apply. */
  readonly cost: (tensor: Tensor<K>) => number | undefined
  readonly lower: (emit: Emitter, inputs: readonly string[], tensor: Tensor<K>) => string
}

export function cheapest<K extends Gradient>(forms: readonly Form<K>[], tensor: Tensor<K>): Form<K> {
  const [best] = forms.map((form) => ({ form, cost: form.cost(tensor) ?? Infinity })).sort((a, b) => a.cost - b.cost)
  if (best === undefined || best.cost === Infinity) throw new Error(`no form of ${tensor.op} fits`)
  return best.form
}
