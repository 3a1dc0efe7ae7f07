import { add, div, isPositive, mul, neg, sqrt, sub } from '../graph/index.ts'
import type { Tensor } from '../graph/index.ts'
import { adamFamily } from './adam-family.ts'
import { at, average, decayed, epsilonSetting, momentumSetting, weightDecaySetting, withDecay } from './optimizer.ts'
import type { OptimizerDefinition } from './optimizer.ts'

/** −1, 0 or 1. */
const sign = (x: Tensor): Tensor => sub(isPositive(x), isPositive(neg(x)))

const sgd: OptimizerDefinition = {
  name: 'sgd',
  label: 'SGD',
  description: 'Plain descent with momentum. Often the best end result with a good learning rate and enough epochs.',
  settings: [
    momentumSetting(0.9),
    {
      name: 'nesterov',
      label: 'Nesterov',
      description: 'Looks ahead along the momentum.',
      default: 0,
      minimum: 0,
      maximum: 1,
      kind: 'switch',
    },
    weightDecaySetting(1e-4),
  ],
  slots: (settings) => (at(settings, 'momentum') === 0 ? [] : ['momentum']),
  scalars: (_, learningRate) => ({ learningRate }),
  update: (update) => {
    const { parameter, slots, scalars, settings } = update
    const momentum = at(settings, 'momentum')
    const gradient = withDecay(update)
    const step = (direction: Tensor): Tensor => sub(parameter, mul(direction, at(scalars, 'learningRate')))
    if (momentum === 0) return { parameter: step(gradient), slots: {} }
    const moved = add(mul(at(slots, 'momentum'), momentum), gradient)
    const direction = at(settings, 'nesterov') === 1 ? add(gradient, mul(moved, momentum)) : moved
    return { parameter: step(direction), slots: { momentum: moved } }
  },
}

const rmsprop: OptimizerDefinition = {
  name: 'rmsprop',
  label: 'RMSprop',
  description: 'Divides the gradient by its recent size; with momentum the classic for Inception and MobileNet.',
  settings: [
    {
      name: 'alpha',
      label: 'Alpha',
      description: 'How long the average of the squared gradient remembers.',
      default: 0.99,
      minimum: 0,
      maximum: 0.9999,
      kind: 'number',
    },
    momentumSetting(0),
    epsilonSetting(1e-8),
    weightDecaySetting(0),
  ],
  slots: (settings) => (at(settings, 'momentum') === 0 ? ['square'] : ['square', 'momentum']),
  scalars: (_, learningRate) => ({ learningRate }),
  update: (update) => {
    const { parameter, slots, scalars, settings } = update
    const momentum = at(settings, 'momentum')
    const gradient = withDecay(update)
    const square = average(at(slots, 'square'), mul(gradient, gradient), at(settings, 'alpha'))
    const scaled = div(gradient, add(sqrt(square), at(settings, 'epsilon')))
    const moved = momentum === 0 ? scaled : add(mul(at(slots, 'momentum'), momentum), scaled)
    return {
      parameter: sub(parameter, mul(moved, at(scalars, 'learningRate'))),
      slots: momentum === 0 ? { square } : { square, momentum: moved },
    }
  },
}

const adagrad: OptimizerDefinition = {
  name: 'adagrad',
  label: 'Adagrad',
  description: 'Steps become shorter the more a weight has moved. For features that are rarely seen.',
  settings: [
    {
      name: 'rateDecay',
      label: 'Rate decay',
      description: 'The rate is divided by 1 + this for every step done.',
      default: 0,
      minimum: 0,
      maximum: 1,
      kind: 'number',
    },
    {
      name: 'start',
      label: 'Start of the sum',
      description: 'Where the sum of squared gradients starts: more makes the first steps shorter.',
      default: 0,
      minimum: 0,
      maximum: 10,
      kind: 'number',
    },
    epsilonSetting(1e-10),
    weightDecaySetting(0),
  ],
  slots: () => ['sum'],
  scalars: (step, learningRate, settings) => ({
    stepSize: learningRate / (1 + (step - 1) * at(settings, 'rateDecay')),
  }),
  update: (update) => {
    const { parameter, slots, scalars, settings } = update
    const gradient = withDecay(update)
    const sum = add(at(slots, 'sum'), mul(gradient, gradient))
    const root = add(sqrt(add(sum, at(settings, 'start'))), at(settings, 'epsilon'))
    return { parameter: sub(parameter, div(mul(gradient, at(scalars, 'stepSize')), root)), slots: { sum } }
  },
}

const lion: OptimizerDefinition = {
  name: 'lion',
  label: 'Lion',
  description:
    'Moves every weight by the same amount, in the direction of its momentum. Wants a third of AdamW’s rate.',
  settings: [
    {
      name: 'beta1',
      label: 'Beta 1',
      description: 'How much of the momentum the direction of a step is made of.',
      default: 0.9,
      minimum: 0,
      maximum: 0.9999,
      kind: 'number',
    },
    {
      name: 'beta2',
      label: 'Beta 2',
      description: 'How long the momentum remembers.',
      default: 0.99,
      minimum: 0,
      maximum: 0.9999,
      kind: 'number',
    },
    weightDecaySetting(0.01),
  ],
  slots: () => ['mean'],
  scalars: (_, learningRate) => ({ learningRate }),
  update: (update) => {
    const { gradient, slots, scalars, settings } = update
    const old = at(slots, 'mean')
    const step = mul(sign(average(old, gradient, at(settings, 'beta1'))), at(scalars, 'learningRate'))
    return { parameter: sub(decayed(update), step), slots: { mean: average(old, gradient, at(settings, 'beta2')) } }
  },
}

/** Every optimiser there is, the safe first choice first. */
export const optimizers: readonly OptimizerDefinition[] = [
  ...adamFamily.slice(0, 1),
  sgd,
  ...adamFamily.slice(1),
  rmsprop,
  adagrad,
  lion,
]
