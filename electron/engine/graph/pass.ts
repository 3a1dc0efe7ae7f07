import { cast, greater, input, sub } from './operations.ts'
import type { Shape } from './primitives.ts'
import { sameShape } from './shapes.ts'
import type { Tensor } from './tensor.ts'

/** How a tensor starts when no weights are loaded; drawn by whoever owns the random numbers. */
export type Initial =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  /** Cut at ±2 (not 2 deviations), as PyTorch's trunc_normal_ does. */
  | { readonly kind: 'truncatedNormal'; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly bound: number }

/** A tensor that outlives the pass: learned (`parameter`) or kept up to date (`buffer`). */
export interface Variable {
  readonly name: string
  readonly kind: 'parameter' | 'buffer'
  readonly shape: readonly number[]
  readonly initial: Initial
  readonly trainable: boolean
  readonly tensor: Tensor
}

export interface PassOptions {
  /** Training: batch statistics, dropout. Otherwise what a finished model computes. */
  readonly training: boolean
  /** Which parameters learn; all unless said. */
  readonly trainable?: (name: string) => boolean
  /** Batch norms normalise by their running statistics and leave them as they are; weights and biases may still learn. */
  readonly frozenStatistics?: boolean
}

/** A second answer that a model gives while it trains; its loss is added with this weight. */
export interface Auxiliary {
  readonly logits: Tensor
  readonly weight: number
}

/**
 * One building of a model's forward computation. A model asks it for parameters, buffers and random numbers by name,
 * and tells it what its buffers become; whoever runs the graph reads the lists afterwards.
 */
export class Pass {
  readonly training: boolean
  readonly #trainable: (name: string) => boolean
  readonly #frozenStatistics: boolean
  readonly #variables = new Map<string, Variable>()
  readonly #updates = new Map<string, Tensor>()
  readonly #randoms = new Map<string, Tensor<'input'>>()
  readonly #marks = new Map<string, Tensor>()
  readonly #auxiliaries: Auxiliary[] = []

  constructor(options: PassOptions) {
    this.training = options.training
    this.#trainable = options.trainable ?? (() => true)
    this.#frozenStatistics = options.frozenStatistics ?? false
  }

  /** In the order in which the model asked for them. */
  get variables(): readonly Variable[] {
    return [...this.#variables.values()]
  }

  /** New values of buffers, by name. */
  get updates(): ReadonlyMap<string, Tensor> {
    return this.#updates
  }

  /** Random inputs by purpose: uniform in [0, 1). */
  get randoms(): ReadonlyMap<string, Tensor<'input'>> {
    return this.#randoms
  }

  /** What the layers that told their name put out: for heat maps, and to find where two implementations part. */
  get marks(): ReadonlyMap<string, Tensor> {
    return this.#marks
  }

  /** Logits [N, classes] of classifiers on the way, which only serve training. */
  get auxiliaries(): readonly Auxiliary[] {
    return this.#auxiliaries
  }

  auxiliary(logits: Tensor, weight: number): void {
    this.#auxiliaries.push({ logits, weight })
  }

  /** Asking again for the same name gives the same tensor. Throws when the shape differs from the first time. */
  parameter(name: string, shape: readonly number[], initial: Initial): Tensor {
    return this.#variable(name, 'parameter', shape, initial)
  }

  buffer(name: string, shape: readonly number[], value: number): Tensor {
    return this.#variable(name, 'buffer', shape, { kind: 'constant', value })
  }

  /** States what a buffer is after this step. */
  update(name: string, value: Tensor): void {
    const variable = this.#variables.get(name)
    if (variable?.kind !== 'buffer') throw new Error(`there is no buffer '${name}' to update`)
    this.#updates.set(name, value)
  }

  /** Gives the output of a layer a name; returns it. */
  mark(name: string, output: Tensor): Tensor {
    this.#marks.set(name, output)
    return output
  }

  /** Whether this parameter learns in this pass. */
  learns(name: string): boolean {
    return this.training && this.#trainable(name)
  }

  /** Whether the batch norm with this weight uses the batch's statistics and moves its running ones. */
  learnsStatistics(weight: string): boolean {
    return this.learns(weight) && !this.#frozenStatistics
  }

  /** Uniform numbers in [0, 1), drawn anew for each step by the caller as a function of the purpose. */
  random(purpose: string, shape: Shape): Tensor {
    if (this.#randoms.has(purpose)) throw new Error(`the random numbers for '${purpose}' are already taken`)
    const tensor = input(`random:${purpose}`, shape, { kind: 'random' })
    this.#randoms.set(purpose, tensor)
    return tensor
  }

  /** 1 where kept, 0 with the given probability. */
  keepMask(purpose: string, shape: Shape, dropProbability: number): Tensor {
    return sub(1, cast(greater(dropProbability, this.random(purpose, shape)), 'float32'))
  }

  #variable(name: string, kind: Variable['kind'], shape: readonly number[], initial: Initial): Tensor {
    const known = this.#variables.get(name)
    if (known !== undefined) {
      if (sameShape(known.shape, shape) && known.kind === kind) return known.tensor
      throw new Error(
        `'${name}' is a ${known.kind} of shape [${known.shape.join(', ')}], asked for as [${shape.join(', ')}]`,
      )
    }
    const tensor = input(name, shape, { kind })
    const trainable = kind === 'parameter' && this.learns(name)
    this.#variables.set(name, { name, kind, shape, initial, trainable, tensor })
    return tensor
  }
}
