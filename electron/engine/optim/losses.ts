import {
  add,
  cast,
  constant,
  div,
  equal,
  exp,
  logSoftmax,
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

/** Cross entropy that counts samples less the surer they already are: mean of −w(1 − p)^γ log p of the label. */
export function focalLoss(
  logits: Tensor,
  labels: Tensor,
  options: { gamma?: number; classWeights?: readonly number[] } = {},
): Tensor {
  const classes = classesOf(logits)
  const chosen = oneHot(labels, classes)
  const logProbability = reduceSum(mul(logSoftmax(logits, 1), chosen), [1])
  const loss = neg(mul(pow(sub(1, exp(logProbability)), options.gamma ?? 2), logProbability))
  if (options.classWeights === undefined) return reduceMean(loss)
  return reduceMean(mul(loss, reduceSum(mul(chosen, constant(options.classWeights, [1, classes])), [1])))
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
