import { Pass, input } from '../graph/index.ts'
import type { Initial, Tensor, Variable } from '../graph/index.ts'
import { stream } from '../random/stream.ts'
import type { Model, ModelState } from './model.ts'

/** The graph of one photo, nothing left out, and the pass it was built in. */
function trace(model: Model): { pass: Pass; logits: Tensor } {
  const pass = new Pass({ training: false })
  const features = model.forwardFeatures(pass, input('image', [1, 3, ...model.inputSize]))
  return { pass, logits: model.forwardHead(pass, features).logits }
}

/** Every parameter and buffer with name, shape and start, in the order of timm's state. */
export function variablesOf(model: Model): readonly Variable[] {
  return trace(model).pass.variables
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)

/** Number of learned values, without buffers. */
export function parameterCount(model: Model): number {
  return variablesOf(model)
    .filter(({ kind }) => kind === 'parameter')
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0)
}

/** Multiply-adds of convolutions and matrix products for one photo. */
export function macs(model: Model): number {
  const counted = new Set<Tensor>()
  const waiting = [trace(model).logits]
  let total = 0
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    if (counted.has(tensor)) continue
    counted.add(tensor)
    waiting.push(...tensor.inputs)
    total += sizeOf(tensor.shape as number[]) * multiplyAddsPerValue(tensor)
  }
  return total
}

function multiplyAddsPerValue({ op, inputs, attributes }: Tensor): number {
  if (op === 'conv') return sizeOf((inputs[1]?.shape ?? []).slice(1) as number[])
  if (op !== 'matmul') return 0
  const { transA } = attributes as Tensor<'matmul'>['attributes']
  return inputs[0]?.shape.at(transA ? -2 : -1) as number
}

function draw(initial: Initial, length: number, seed: number, name: string): Float32Array {
  if (initial.kind === 'constant') return new Float32Array(length).fill(initial.value)
  const random = stream({ seed, purpose: `initial ${name}` })
  const next = {
    normal: (deviation: number) => random.normal(0, deviation),
    truncatedNormal: (deviation: number) => random.truncatedNormal(0, deviation, -2, 2),
    uniform: (bound: number) => random.uniform(-bound, bound),
  }
  const value = initial.kind === 'uniform' ? initial.bound : initial.deviation
  return Float32Array.from({ length }, () => next[initial.kind](value))
}

/**
 * Fresh values for every parameter and buffer, each a function of the seed and its name alone.
 * @param wanted which of them; all unless given
 */
export function initialState(model: Model, seed: number, wanted: (name: string) => boolean = () => true): ModelState {
  const variables = variablesOf(model).filter(({ name }) => wanted(name))
  return new Map(variables.map(({ name, shape, initial }) => [name, draw(initial, sizeOf(shape), seed, name)]))
}
