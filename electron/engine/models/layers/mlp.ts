import { gelu } from '../../graph/index.ts'
import type { Pass, Tensor } from '../../graph/index.ts'
import { linearLayer } from './linear.ts'

/** `name.fc1` to four times the width, exact GELU, `name.fc2` back; `layer` is what the two are. */
export function mlp(pass: Pass, name: string, x: Tensor, width: number, layer = linearLayer): Tensor {
  const wide = layer(pass, `${name}.fc1`, x, 4 * width)
  return pass.mark(name, layer(pass, `${name}.fc2`, pass.mark(`${name}.act`, gelu(wide)), width))
}
