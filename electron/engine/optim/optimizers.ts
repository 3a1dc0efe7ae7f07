import { add, div, mul, scalar, sqrt, sub } from '../graph/index.ts'
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
  readonly update: (update: Update) => { readonly parameter: Tensor; readonly slots: Tensors }
}

const at = <T>(values: Readonly<Record<string, T>>, name: string): T => {
  const value = values[name]
  if (value === undefined) throw new Error(`'${name}' is missing`)
  return value
}

const number = (
  name: string,
  label: string,
  description: string,
  standard: number,
  range: [number, number],
): Setting => {
  return { name, label, description, default: standard, minimum: range[0], maximum: range[1], kind: 'number' }
}

const weightDecay = (standard: number): Setting =>
  number(
    'weightDecay',
    'Weight decay',
    'Pulls weights towards zero; not applied to norms and biases.',
    standard,
    [0, 1],
  )
const epsilon = number(
  'epsilon',
  'Epsilon',
  'Keeps the division from exploding where gradients are tiny.',
  1e-8,
  [1e-12, 1],
)
const betas = [
  number('beta1', 'Beta 1', 'How long the average of the gradient remembers.', 0.9, [0, 0.9999]),
  number('beta2', 'Beta 2', 'How long the average of the squared gradient remembers.', 0.999, [0, 0.99999]),
]

/** Weight decay as part of the gradient (L2). */
const decayed = ({ gradient, parameter, weightDecay: decay }: Update): Tensor =>
  decay === 0 ? gradient : add(gradient, mul(parameter, decay))

const average = (old: Tensor, now: Tensor, share: number): Tensor => add(mul(old, share), mul(now, 1 - share))

const adamScalars: OptimizerDefinition['scalars'] = (step, learningRate, settings) => ({
  learningRate,
  stepSize: learningRate / (1 - at(settings, 'beta1') ** step),
  rootFactor: 1 / Math.sqrt(1 - at(settings, 'beta2') ** step),
})

/** One Adam step of `parameter`, which may already be decayed, by `gradient`, which may hold the decay. */
function adam(
  parameter: Tensor,
  gradient: Tensor,
  { slots, scalars, settings }: Update,
): ReturnType<OptimizerDefinition['update']> {
  const mean = average(at(slots, 'mean'), gradient, at(settings, 'beta1'))
  const square = average(at(slots, 'square'), mul(gradient, gradient), at(settings, 'beta2'))
  const root = add(mul(sqrt(square), at(scalars, 'rootFactor')), at(settings, 'epsilon'))
  return { parameter: sub(parameter, div(mul(mean, at(scalars, 'stepSize')), root)), slots: { mean, square } }
}

export const optimizers: readonly OptimizerDefinition[] = [
  {
    name: 'adamw',
    label: 'AdamW',
    description: 'Adapts the step of every weight and decays weights apart from it. The safe first choice.',
    settings: [...betas, epsilon, weightDecay(0.01)],
    slots: () => ['mean', 'square'],
    scalars: adamScalars,
    update: (update) => {
      const { parameter, scalars, weightDecay: decay } = update
      const kept = decay === 0 ? parameter : mul(parameter, sub(scalar(1), mul(at(scalars, 'learningRate'), decay)))
      return adam(kept, update.gradient, update)
    },
  },
  {
    name: 'sgd',
    label: 'SGD',
    description: 'Plain descent with momentum. Often the best end result with a good learning rate and enough epochs.',
    settings: [
      number('momentum', 'Momentum', 'Share of the last step that is kept.', 0.9, [0, 0.999]),
      { ...number('nesterov', 'Nesterov', 'Looks ahead along the momentum.', 0, [0, 1]), kind: 'switch' },
      weightDecay(1e-4),
    ],
    slots: (settings) => (at(settings, 'momentum') === 0 ? [] : ['momentum']),
    scalars: (_, learningRate) => ({ learningRate }),
    update: (update) => {
      const { parameter, slots, scalars, settings } = update
      const momentum = at(settings, 'momentum')
      const gradient = decayed(update)
      const step = (direction: Tensor): Tensor => sub(parameter, mul(direction, at(scalars, 'learningRate')))
      if (momentum === 0) return { parameter: step(gradient), slots: {} }
      const moved = add(mul(at(slots, 'momentum'), momentum), gradient)
      const direction = at(settings, 'nesterov') === 1 ? add(gradient, mul(moved, momentum)) : moved
      return { parameter: step(direction), slots: { momentum: moved } }
    },
  },
  {
    name: 'adam',
    label: 'Adam',
    description: 'As AdamW, with weight decay mixed into the gradient.',
    settings: [...betas, epsilon, weightDecay(0)],
    slots: () => ['mean', 'square'],
    scalars: adamScalars,
    update: (update) => adam(update.parameter, decayed(update), update),
  },
  {
    name: 'rmsprop',
    label: 'RMSprop',
    description: 'Divides the gradient by its recent size; with momentum the classic for Inception and MobileNet.',
    settings: [
      number('alpha', 'Alpha', 'How long the average of the squared gradient remembers.', 0.99, [0, 0.9999]),
      number('momentum', 'Momentum', 'Share of the last step that is kept.', 0, [0, 0.999]),
      epsilon,
      weightDecay(0),
    ],
    slots: (settings) => (at(settings, 'momentum') === 0 ? ['square'] : ['square', 'momentum']),
    scalars: (_, learningRate) => ({ learningRate }),
    update: (update) => {
      const { parameter, slots, scalars, settings } = update
      const momentum = at(settings, 'momentum')
      const gradient = decayed(update)
      const square = average(at(slots, 'square'), mul(gradient, gradient), at(settings, 'alpha'))
      const scaled = div(gradient, add(sqrt(square), at(settings, 'epsilon')))
      const moved = momentum === 0 ? scaled : add(mul(at(slots, 'momentum'), momentum), scaled)
      return {
        parameter: sub(parameter, mul(moved, at(scalars, 'learningRate'))),
        slots: momentum === 0 ? { square } : { square, momentum: moved },
      }
    },
  },
]
