import { linear } from '../../graph/index.ts'
import type { Initial, Pass, Tensor } from '../../graph/index.ts'

/** The start of transformer layers in timm: weights from a truncated normal, biases zero. */
export const truncatedStart: Initial = { kind: 'truncatedNormal', deviation: 0.02 }
const zero: Initial = { kind: 'constant', value: 0 }

/** `name.weight` [width, C] and `name.bias` [width]: x [..., C] → [..., width]. */
export function linearLayer(pass: Pass, name: string, x: Tensor, width: number, initial = truncatedStart): Tensor {
  const from = x.shape.at(-1) as number
  const weight = pass.parameter(`${name}.weight`, [width, from], initial)
  return pass.mark(name, linear(x, weight, pass.parameter(`${name}.bias`, [width], zero)))
}
