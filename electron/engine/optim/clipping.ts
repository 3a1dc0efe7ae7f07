import { add, div, minimum, mul, reduceSum, scalar, sqrt } from '../graph/index.ts'
import type { Tensor } from '../graph/index.ts'

/** The sum of the squares of all elements: a scalar. */
export const squareSum = (tensor: Tensor): Tensor => reduceSum(mul(tensor, tensor))

/** L2 norm over all elements of all tensors: a scalar. */
export function globalNorm(tensors: readonly Tensor[]): Tensor {
  return sqrt(tensors.map(squareSum).reduce((sum, square) => add(sum, square), scalar(0)))
}

/** Every gradient times min(1, maximum / (norm + 1e-6)), the norm over all of them, as in PyTorch. */
export function clipByGlobalNorm(gradients: readonly Tensor[], norm: Tensor, maximum: number): Tensor[] {
  const factor = minimum(div(maximum, add(norm, 1e-6)), 1)
  return gradients.map((gradient) => mul(gradient, factor))
}
