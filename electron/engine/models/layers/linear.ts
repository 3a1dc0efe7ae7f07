import { linear } from '../../graph/index.ts'
import type { Initial, Pass, Tensor } from '../../graph/index.ts'

/** The start of transformer layers in timm: weights from a truncated normal, biases zero. */
export const truncatedStart: Initial = { kind: 'truncatedNormal', deviation: 0.02 }

/** `name.weight` [to, from] and `name.bias` [to]. */
export function linearParameters(pass: Pass, name: string, from: number, to: number): { weight: Tensor; bias: Tensor } {
  return {
    weight: pass.parameter(`${name}.weight`, [to, from], truncatedStart),
    bias: pass.parameter(`${name}.bias`, [to], { kind: 'constant', value: 0 }),
  }
}

/** x [..., C] → [..., width]. */
export function linearLayer(pass: Pass, name: string, x: Tensor, width: number): Tensor {
  const { weight, bias } = linearParameters(pass, name, x.shape.at(-1) as number, width)
  return pass.mark(name, linear(x, weight, bias))
}
