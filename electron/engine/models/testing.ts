import { variablesOf } from './parameters.ts'
import type { Model, ModelState } from './model.ts'

/**
 * The rule by which the reference fixtures make weights and photos out of names (README-models.md of the reference
 * data, "Weight rule").
 */

function hashName(name: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

/** In [−1, 1). */
function uniformAt(hash: number, index: number): number {
  let z = (hash + Math.imul(index, 0x9e3779b9)) | 0
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
  return (((z ^ (z >>> 16)) >>> 0) / 2 ** 32) * 2 - 1
}

/** The L2 norm of all elements. */
export function norm(values: ArrayLike<number>): number {
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += (values[index] as number) ** 2
  return Math.sqrt(sum)
}

const product = (shape: readonly number[]) => shape.reduce((whole, size) => whole * size, 1)

/** The tensor of a name; `gain` is the fixture's `convGain`. */
export function ruleTensor(name: string, shape: readonly number[], gain = 1): Float32Array<ArrayBuffer> {
  const last = name.split('.').at(-1) as string
  const scale = Math.sqrt(3 / product(shape.slice(1))) * (shape.length === 4 ? gain : 1)
  const isToken = ['pos_embed', 'cls_token', 'reg_token'].includes(last)
  const value = (u: number): number => {
    if (last === 'running_mean' || last === 'bias') return 0.1 * u
    if (last === 'running_var') return 1 + 0.5 * Math.abs(u)
    if (isToken) return 0.02 * u
    return last === 'gamma' || shape.length === 1 ? 1 + 0.1 * u : scale * u
  }
  const hash = hashName(name)
  const values = new Float32Array(product(shape))
  for (let index = 0; index < values.length; index++) values[index] = value(uniformAt(hash, index))
  return values
}

/** All weights of a model by the rule. */
export function ruleState(model: Model, gain = 1): ModelState {
  return new Map(variablesOf(model).map(({ name, shape }) => [name, ruleTensor(name, shape, gain)]))
}

/** `count` square photos, [count, 3, side, side]. */
export function rulePhotos(count: number, side: number): Float32Array<ArrayBuffer> {
  const blocks = Math.ceil(side / 16)
  const [fine, coarse] = [hashName('input'), hashName('input.blocks')]
  return Float32Array.from({ length: count * 3 * side * side }, (_, index) => {
    const [x, y, plane] = [index % side, Math.floor(index / side) % side, Math.floor(index / (side * side))]
    return uniformAt(fine, index) + uniformAt(coarse, (plane * blocks + (y >> 4)) * blocks + (x >> 4))
  })
}
