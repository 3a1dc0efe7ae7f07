import { linear, reshape, scaledDotProductAttention, slice, transpose } from '../../graph/index.ts'
import type { Pass, Tensor } from '../../graph/index.ts'
import { linearLayer, linearParameters } from './linear.ts'

/**
 * Multi-head self-attention of tokens [N, T, C] with `name.qkv` (queries, keys, values in one) and `name.proj`.
 * `readers` is how many tokens, from the first, are wanted: all unless given.
 */
export function attention(pass: Pass, name: string, x: Tensor, heads: number, readers?: number): Tensor {
  const [batch, , width] = x.shape as [number, number, number]
  const perHead = (part: Tensor): Tensor =>
    transpose(reshape(part, [batch, part.shape[1] as number, heads, width / heads]), [0, 2, 1, 3])
  // In a finished model it is there to be looked at alone: what nobody asks for is not computed.
  const all = readers === undefined ? linearLayer(pass, `${name}.qkv`, x, 3 * width) : undefined
  const parts = pass.training && all !== undefined ? cut(all, width) : apart(pass, name, x, width, readers)
  const mixed = scaledDotProductAttention(...(parts.map(perHead) as [Tensor, Tensor, Tensor]))
  const merged = reshape(transpose(mixed, [0, 2, 1, 3]), [batch, mixed.shape[2] as number, width])
  return pass.mark(name, linearLayer(pass, `${name}.proj`, merged, width))
}

/** Queries, keys and values of all tokens from one product: while a model learns, its weights have one gradient. */
function cut(all: Tensor, width: number): Tensor[] {
  return [0, 1, 2].map((part) => slice(all, { axis: 2, start: part * width, end: (part + 1) * width }))
}

/** By a product each, which is quicker than to cut the result of one; queries of the readers only. */
function apart(pass: Pass, name: string, x: Tensor, width: number, readers?: number): Tensor[] {
  const { weight, bias } = linearParameters(pass, `${name}.qkv`, width, 3 * width)
  return [0, 1, 2].map((part) => {
    const rows = { axis: 0, start: part * width, end: (part + 1) * width }
    const read = part === 0 && readers !== undefined ? slice(x, { axis: 1, end: readers }) : x
    return linear(read, slice(weight, rows), slice(bias, rows))
  })
}
