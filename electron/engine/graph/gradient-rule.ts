import { reduceSum, reshape } from './operations.ts'
import type { PrimitiveName, Shape } from './primitives.ts'
import { sameShape } from './shapes.ts'
import type { Tensor } from './tensor.ts'

/** Gradient for each input, as a function so that only those asked for are built; none where it does not exist. */
export type GradientRule<K extends PrimitiveName> = (
  tensor: Tensor<K>,
  gradient: Tensor,
) => readonly ((() => Tensor) | undefined)[]

/** An input of a tensor. */
export function at(tensor: Tensor, index: number): Tensor {
  const input = tensor.inputs[index]
  if (input === undefined) throw new Error(`${tensor.op} has no input ${index}`)
  return input
}

/** Sums over the axes along which an operand was repeated. */
export function unbroadcast(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient
  const extra = gradient.shape.length - shape.length
  const repeated = gradient.shape.flatMap((size, axis) =>
    axis < extra || (shape[axis - extra] === 1 && size !== 1) ? [axis] : [],
  )
  return reshape(reduceSum(gradient, repeated), shape)
}

/** A vector of channels as the operand of a broadcast. */
export const perChannel = (vector: Tensor, like: Tensor): Tensor =>
  reshape(
    vector,
    like.shape.map((size, axis) => (axis === 1 ? size : 1)),
  )

export const allButChannels = (tensor: Tensor): number[] =>
  tensor.shape.map((_, axis) => axis).filter((axis) => axis !== 1)
