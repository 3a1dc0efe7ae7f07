import { reshape, scaledDotProductAttention, slice, transpose } from '../../graph/index.ts'
import type { Pass, Tensor } from '../../graph/index.ts'
import { linearLayer } from './linear.ts'

/** Multi-head self-attention of tokens [N, T, C] with `name.qkv` (queries, keys, values in one) and `name.proj`. */
export function attention(pass: Pass, name: string, x: Tensor, heads: number): Tensor {
  const [batch, tokens, width] = x.shape as [number, number, number]
  const all = linearLayer(pass, `${name}.qkv`, x, 3 * width)
  const part = (index: number): Tensor => {
    const own = slice(all, { axis: 2, start: index * width, end: (index + 1) * width })
    return transpose(reshape(own, [batch, tokens, heads, width / heads]), [0, 2, 1, 3])
  }
  const mixed = scaledDotProductAttention(part(0), part(1), part(2))
  const joined = reshape(transpose(mixed, [0, 2, 1, 3]), [batch, tokens, width])
  return pass.mark(name, linearLayer(pass, `${name}.proj`, joined, width))
}
