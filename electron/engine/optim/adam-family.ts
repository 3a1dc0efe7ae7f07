import { add, div, greater, mul, reduceSum, sqrt, sub, where } from '../graph/index.ts'
import type { Tensor } from '../graph/index.ts'
import { at, average, decayed, epsilonSetting, weightDecaySetting, withDecay } from './optimizer.ts'
import type { OptimizerDefinition, Update, Updated } from './optimizer.ts'
import type { Setting, Settings } from './settings.ts'

/** Optimisers that keep an average of the gradient and one of its square. */

const beta = (name: string, label: string, of: string, standard: number, maximum: number): Setting => ({
  name,
  label,
  description: `How long the average of the ${of} remembers.`,
  default: standard,
  minimum: 0,
  maximum,
  kind: 'number',
})
const betas = [
  beta('beta1', 'Beta 1', 'gradient', 0.9, 0.9999),
  beta('beta2', 'Beta 2', 'squared gradient', 0.999, 0.99999),
]
const decoupled: Setting = {
  name: 'decoupled',
  label: 'Decoupled decay',
  description: 'Decays weights apart from the gradient, as AdamW does.',
  default: 1,
  minimum: 0,
  maximum: 1,
  kind: 'switch',
}

const slots = (): readonly string[] => ['mean', 'square']

/** What a sum of decaying weights still lacks after `step` steps: 1 − βᵗ. */
const correction = (settings: Settings, name: string, step: number): number => 1 - at(settings, name) ** step

const adamScalars: OptimizerDefinition['scalars'] = (step, learningRate, settings) => ({
  learningRate,
  stepSize: learningRate / correction(settings, 'beta1', step),
  rootFactor: 1 / Math.sqrt(correction(settings, 'beta2', step)),
})

/** The averages after this step, the gradient perhaps with its decay. */
const averages = (update: Update, gradient: Tensor): { mean: Tensor; square: Tensor } => ({
  mean: average(at(update.slots, 'mean'), gradient, at(update.settings, 'beta1')),
  square: average(at(update.slots, 'square'), mul(gradient, gradient), at(update.settings, 'beta2')),
})

/** √(corrected square) + ε. */
const rootOf = (square: Tensor, { scalars, settings }: Update): Tensor =>
  add(mul(sqrt(square), at(scalars, 'rootFactor')), at(settings, 'epsilon'))

/** One Adam step of `parameter`, which may already be decayed, by `gradient`, which may hold the decay. */
function adam(parameter: Tensor, gradient: Tensor, update: Update): Updated {
  const { mean, square } = averages(update, gradient)
  const step = div(mul(mean, at(update.scalars, 'stepSize')), rootOf(square, update))
  return { parameter: sub(parameter, step), slots: { mean, square } }
}

/** Parameter and gradient, of which the one or the other holds the decay. */
function placeDecay(update: Update): { parameter: Tensor; gradient: Tensor } {
  if (at(update.settings, 'decoupled') === 1) return { parameter: decayed(update), gradient: update.gradient }
  return { parameter: update.parameter, gradient: withDecay(update) }
}

/** How far NAdam's momentum has grown at a step (Dozat, 2016). */
const nadamMomentum = (step: number, settings: Settings): number =>
  at(settings, 'beta1') * (1 - 0.5 * 0.96 ** (step * at(settings, 'momentumDecay')))

/** The product of all momenta up to a step; below the precision of 1 − product it counts as nothing. */
function nadamProduct(step: number, settings: Settings): number {
  let product = 1
  for (let i = 1; i <= step && product > 1e-17; i++) product *= nadamMomentum(i, settings)
  return product
}

const norm = (tensor: Tensor): Tensor => sqrt(reduceSum(mul(tensor, tensor)))

/** ‖parameter‖ / ‖update‖, or 1 where either is nothing (You et al., 2020). */
function trustRatio(parameter: Tensor, update: Tensor): Tensor {
  const [size, length] = [norm(parameter), norm(update)]
  return where(greater(mul(size, length), 0), div(size, length), 1)
}

export const adamFamily: readonly OptimizerDefinition[] = [
  {
    name: 'adamw',
    label: 'AdamW',
    description: 'Adapts the step of every weight and decays weights apart from it. The safe first choice.',
    settings: [...betas, epsilonSetting(1e-8), weightDecaySetting(0.01)],
    slots,
    scalars: adamScalars,
    update: (update) => adam(decayed(update), update.gradient, update),
  },
  {
    name: 'adam',
    label: 'Adam',
    description: 'As AdamW, with weight decay mixed into the gradient.',
    settings: [...betas, epsilonSetting(1e-8), weightDecaySetting(0)],
    slots,
    scalars: adamScalars,
    update: (update) => adam(update.parameter, withDecay(update), update),
  },
  {
    name: 'nadam',
    label: 'NAdam',
    description: 'Adam that looks ahead along its momentum, which grows during the run.',
    settings: [
      ...betas,
      epsilonSetting(1e-8),
      {
        name: 'momentumDecay',
        label: 'Momentum decay',
        description: 'How fast the momentum grows to beta 1.',
        default: 0.004,
        minimum: 0,
        maximum: 1,
        kind: 'number',
      },
      weightDecaySetting(0),
      decoupled,
    ],
    slots,
    scalars: (step, learningRate, settings) => {
      const [now, next] = [nadamMomentum(step, settings), nadamMomentum(step + 1, settings)]
      const product = nadamProduct(step, settings)
      return {
        learningRate,
        gradientStep: (learningRate * (1 - now)) / (1 - product),
        meanStep: (learningRate * next) / (1 - product * next),
        rootFactor: 1 / Math.sqrt(correction(settings, 'beta2', step)),
      }
    },
    update: (update) => {
      const { parameter, gradient } = placeDecay(update)
      const { mean, square } = averages(update, gradient)
      const { scalars } = update
      const direction = add(mul(gradient, at(scalars, 'gradientStep')), mul(mean, at(scalars, 'meanStep')))
      return { parameter: sub(parameter, div(direction, rootOf(square, update))), slots: { mean, square } }
    },
  },
  {
    name: 'radam',
    label: 'RAdam',
    description: 'Adam that steps by its momentum alone until the squared gradients are known: needs no warm-up.',
    settings: [...betas, epsilonSetting(1e-8), weightDecaySetting(0), decoupled],
    slots,
    // Liu et al., 2020: the length of the average of squares, and how much its variance asks to be held back.
    scalars: (step, learningRate, settings) => {
      const longest = 2 / (1 - at(settings, 'beta2')) - 1
      const known = correction(settings, 'beta2', step)
      const length = longest - (2 * step * (1 - known)) / known
      const stepSize = learningRate / correction(settings, 'beta1', step)
      if (length <= 5) return { learningRate, plain: stepSize, rectified: 0 }
      const variance = ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length)
      return { learningRate, plain: 0, rectified: stepSize * Math.sqrt(variance * known) }
    },
    update: (update) => {
      const { parameter, gradient } = placeDecay(update)
      const { mean, square } = averages(update, gradient)
      const { scalars, settings } = update
      const adapted = div(at(scalars, 'rectified'), add(sqrt(square), at(settings, 'epsilon')))
      const step = mul(mean, add(at(scalars, 'plain'), adapted))
      return { parameter: sub(parameter, step), slots: { mean, square } }
    },
  },
  {
    name: 'lamb',
    label: 'LAMB',
    description: 'AdamW whose step is measured by the size of each layer’s weights: for very large batches.',
    settings: [...betas, epsilonSetting(1e-6), weightDecaySetting(0.01)],
    slots,
    scalars: (step, learningRate, settings) => ({
      learningRate,
      meanFactor: 1 / correction(settings, 'beta1', step),
      rootFactor: 1 / Math.sqrt(correction(settings, 'beta2', step)),
    }),
    // As in timm, parameters that do not decay take a plain Adam step.
    update: (update) => {
      const { parameter, gradient, scalars, weightDecay } = update
      const { mean, square } = averages(update, gradient)
      const adapted = div(mul(mean, at(scalars, 'meanFactor')), rootOf(square, update))
      const rate = at(scalars, 'learningRate')
      if (weightDecay === 0) return { parameter: sub(parameter, mul(adapted, rate)), slots: { mean, square } }
      const direction = add(adapted, mul(parameter, weightDecay))
      const step = mul(direction, mul(rate, trustRatio(parameter, direction)))
      return { parameter: sub(parameter, step), slots: { mean, square } }
    },
  },
]
