import { add, mul, sub } from '../graph/index.ts'
import type { Tensor } from '../graph/index.ts'
import type { Setting, Settings } from './settings.ts'

type Tensors = Readonly<Record<string, Tensor>>

export interface Update {
  readonly parameter: Tensor
  readonly gradient: Tensor
  /** What the optimiser remembers of this parameter, by slot; zero at the start. */
  readonly slots: Tensors
  /** The numbers of this step, as `scalars` names them. */
  readonly scalars: Tensors
  readonly settings: Settings
  /** 0 for parameters that do not decay. */
  readonly weightDecay: number
}

export interface Updated {
  readonly parameter: Tensor
  readonly slots: Tensors
}

/** An optimiser as data: a further one is an entry like these. Formulas and conventions are PyTorch's. */
export interface OptimizerDefinition {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly settings: readonly Setting[]
  readonly slots: (settings: Settings) => readonly string[]
  /**
   * Numbers that are the same for all parameters, computed here in double precision because 1 − β₂ᵗ is not to be had in
   * single precision. Steps count from 1.
   */
  readonly scalars: (step: number, learningRate: number, settings: Settings) => Settings
  readonly update: (update: Update) => Updated
}

/** A value that is there because a definition names it. */
export const at = <T>(values: Readonly<Record<string, T>>, name: string): T => {
  const value = values[name]
  if (value === undefined) throw new Error(`'${name}' is missing`)
  return value
}

export const weightDecaySetting = (standard: number): Setting => ({
  name: 'weightDecay',
  label: 'Weight decay',
  description: 'Pulls weights towards zero; not applied to norms and biases.',
  default: standard,
  minimum: 0,
  maximum: 1,
  kind: 'number',
})

export const epsilonSetting = (standard: number): Setting => ({
  name: 'epsilon',
  label: 'Epsilon',
  description: 'Keeps the division from exploding where gradients are tiny.',
  default: standard,
  minimum: 1e-12,
  maximum: 1,
  kind: 'number',
})

export const momentumSetting = (standard: number): Setting => ({
  name: 'momentum',
  label: 'Momentum',
  description: 'Share of the last step that is kept.',
  default: standard,
  minimum: 0,
  maximum: 0.999,
  kind: 'number',
})

/** Weight decay as part of the gradient (L2). */
export const withDecay = ({ gradient, parameter, weightDecay }: Update): Tensor =>
  weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay))

/** Weight decay apart from the gradient: the parameter times 1 − rate · decay. */
export const decayed = ({ parameter, scalars, weightDecay }: Update): Tensor =>
  weightDecay === 0 ? parameter : mul(parameter, sub(1, mul(at(scalars, 'learningRate'), weightDecay)))

/** share · old + (1 − share) · now. */
export const average = (old: Tensor, now: Tensor, share: number): Tensor => add(mul(old, share), mul(now, 1 - share))
