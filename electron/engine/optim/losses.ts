import {
  add,
  cast,
  constant,
  div,
  equal,
  exp,
  logSoftmax,
  maximum,
  mul,
  neg,
  pow,
  reduceMean,
  reduceSum,
  reshape,
  softplus,
  sub,
} from '../graph/index.ts'
import type { Tensor } from '../graph/index.ts'
import { settingValue } from './settings.ts'
import type { Setting, Settings } from './settings.ts'

/** int32 [N] → float32 [N, classes], 1 at the label. */
export function oneHot(labels: Tensor, classes: number): Tensor {
  const places = constant(
    Int32Array.from({ length: classes }, (_, i) => i),
    [1, classes],
  )
  return cast(equal(reshape(labels, [-1, 1]), places), 'float32')
}

function classesOf(logits: Tensor): number {
  return Number(logits.shape[1])
}

export interface CrossEntropyOptions {
  /** Share of the target spread evenly over all classes. */
  readonly labelSmoothing?: number
  /** One weight per class. */
  readonly classWeights?: readonly number[]
}

/**
 * Softmax cross entropy, as PyTorch has it. `targets` are labels (int32 [N]) or shares of the classes (float32 [N, C]).
 * Class weights divide by the sum of the labels' weights with labels, by N with shares.
 */
export function crossEntropy(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { labelSmoothing = 0, classWeights } = options
  const classes = classesOf(logits)
  const hard = targets.dtype === 'int32'
  const shares = hard ? oneHot(targets, classes) : targets
  const smooth = labelSmoothing === 0 ? shares : add(mul(shares, 1 - labelSmoothing), labelSmoothing / classes)
  const surprise = neg(mul(smooth, logSoftmax(logits, 1)))
  if (classWeights === undefined) return reduceMean(reduceSum(surprise, [1]))
  const weights = constant(classWeights, [1, classes])
  const total = reduceSum(mul(surprise, weights))
  return hard ? div(total, reduceSum(mul(shares, weights))) : mul(total, 1 / Number(logits.shape[0]))
}

/** Nearer to certain than this, a probability counts as certain: there the power below has no finite slope. */
const certain = 1e-7

export interface FocalLossOptions {
  /** How fast a sample counts less as it becomes sure; 2 unless given, 0 is cross entropy. */
  readonly gamma?: number
  /** One weight per class. */
  readonly classWeights?: readonly number[]
}

/**
 * Cross entropy that counts samples less the surer they already are (Lin et al., 2017): mean of −w(1 − p)^γ log p of the
 * label. With shares of the classes (float32 [N, C]) each class counts by its share.
 */
export function focalLoss(logits: Tensor, targets: Tensor, options: FocalLossOptions = {}): Tensor {
  const { gamma = 2, classWeights } = options
  const classes = classesOf(logits)
  const shares = targets.dtype === 'int32' ? oneHot(targets, classes) : targets
  const logProbability = logSoftmax(logits, 1)
  const unsure = maximum(sub(1, exp(logProbability)), certain)
  const loss = neg(mul(mul(shares, pow(unsure, gamma)), logProbability))
  const weighted = classWeights === undefined ? loss : mul(loss, constant(classWeights, [1, classes]))
  return reduceMean(reduceSum(weighted, [1]))
}

/** Every class on its own, yes or no; targets float32 [N, C] between 0 and 1. Mean over all elements. */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor, positiveWeights?: readonly number[]): Tensor {
  const yes = mul(targets, softplus(neg(logits)))
  const weighted =
    positiveWeights === undefined ? yes : mul(yes, constant(positiveWeights, [1, positiveWeights.length]))
  return reduceMean(add(weighted, mul(sub(1, targets), softplus(logits))))
}

/** Binary cross entropy that counts easy elements less; `alpha` weighs the positive ones. Mean over all elements. */
export function sigmoidFocalLoss(
  logits: Tensor,
  targets: Tensor,
  options: { gamma?: number; alpha?: number } = {},
): Tensor {
  const { gamma = 2, alpha = 0.25 } = options
  const surprise = add(mul(targets, softplus(neg(logits))), mul(sub(1, targets), softplus(logits)))
  const balance = add(mul(targets, 2 * alpha - 1), 1 - alpha)
  return reduceMean(mul(mul(balance, pow(sub(1, exp(neg(surprise))), gamma)), surprise))
}

/** A loss as data: a further one is an entry like these. */
export interface LossDefinition {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly settings: readonly Setting[]
  /** Logits [N, C] and labels (int32 [N]) or shares of the classes (float32 [N, C]) to a scalar. */
  readonly create: (settings: Settings, classWeights?: readonly number[]) => (logits: Tensor, targets: Tensor) => Tensor
}

const weightsIf = (classWeights: readonly number[] | undefined) => (classWeights === undefined ? {} : { classWeights })

/** Losses for one class per photo, the usual one first. Settings must be complete. */
export const losses: readonly LossDefinition[] = [
  {
    name: 'crossEntropy',
    label: 'Cross entropy',
    description: 'Punishes what the model is sure of and wrong about. Right for nearly everything.',
    settings: [
      {
        name: 'labelSmoothing',
        label: 'Label smoothing',
        description: 'Share of the target spread over all classes: keeps the model from being too sure of itself.',
        default: 0.1,
        minimum: 0,
        maximum: 0.5,
        kind: 'number',
      },
    ],
    create: (settings, classWeights) => {
      const options = { labelSmoothing: settingValue(settings, 'labelSmoothing'), ...weightsIf(classWeights) }
      return (logits, targets) => crossEntropy(logits, targets, options)
    },
  },
  {
    name: 'focal',
    label: 'Focal loss',
    description: 'Counts photos less the surer the model already is of them: for many easy photos and a few hard ones.',
    settings: [
      {
        name: 'gamma',
        label: 'Gamma',
        description: 'How fast sure photos count less; 0 is cross entropy.',
        default: 2,
        minimum: 0,
        maximum: 5,
        kind: 'number',
      },
    ],
    create: (settings, classWeights) => {
      const options = { gamma: settingValue(settings, 'gamma'), ...weightsIf(classWeights) }
      return (logits, targets) => focalLoss(logits, targets, options)
    },
  },
]
