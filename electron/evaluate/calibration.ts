import { accuracy } from './classification.ts'
import { mapRows } from './matrix.ts'
import type { Matrix } from './matrix.ts'
import { logLoss } from './probability-metrics.ts'
import { logSumExp, predictions, rowMaxima } from './softmax.ts'

/** One bar of a reliability diagram; null where no photo falls into it. */
export interface ReliabilityBin {
  readonly count: number
  /** Mean confidence, and share of right predictions, of its photos. */
  readonly confidence: number | null
  readonly accuracy: number | null
}

export interface Reliability {
  readonly bins: readonly ReliabilityBin[]
  /** Expected calibration error: Σ share of the bin · |accuracy − confidence|. */
  readonly expectedError: number
  /** Largest |accuracy − confidence| of a bin. */
  readonly largestError: number
}

/**
 * How far confidence (the largest probability) is from accuracy.
 * @param binning 'equalWidth': bins ((i−1)/n, i/n]; 'equalMass': groups of equal size by rising confidence
 */
export function reliability(
  probabilities: Matrix,
  labels: ArrayLike<number>,
  binning: 'equalWidth' | 'equalMass' = 'equalWidth',
  count = 15,
): Reliability {
  const confidence = rowMaxima(probabilities)
  const predicted = predictions(probabilities)
  const members = binning === 'equalWidth' ? binsOfEqualWidth(confidence, count) : binsOfEqualMass(confidence, count)
  let [expectedError, largestError] = [0, 0]
  const bins = members.map((photos) => {
    if (photos.length === 0) return { count: 0, confidence: null, accuracy: null }
    let [sure, right] = [0, 0]
    for (const photo of photos) {
      sure += confidence[photo] as number
      right += Number(predicted[photo] === labels[photo])
    }
    const gap = Math.abs(right - sure) / photos.length
    expectedError += (photos.length / confidence.length) * gap
    largestError = Math.max(largestError, gap)
    return { count: photos.length, confidence: sure / photos.length, accuracy: right / photos.length }
  })
  return { bins, expectedError, largestError }
}

function binsOfEqualWidth(confidence: Float64Array, count: number): number[][] {
  const bins: number[][] = Array.from({ length: count }, () => [])
  confidence.forEach((value, photo) => {
    bins[Math.min(Math.max(Math.ceil(value * count) - 1, 0), count - 1)]?.push(photo)
  })
  return bins
}

/** Sizes differ by at most one, the larger first; equal confidences keep the order of the photos. */
function binsOfEqualMass(confidence: Float64Array, count: number): number[][] {
  const order = Array.from(confidence.keys()).sort((a, b) => (confidence[a] as number) - (confidence[b] as number))
  const [size, larger] = [Math.floor(order.length / count), order.length % count]
  return Array.from({ length: count }, (_, bin) => {
    const start = bin * size + Math.min(bin, larger)
    return order.slice(start, start + size + Number(bin < larger))
  })
}

/**
 * The temperature T for which softmax(logits / T) has the smallest log loss on these photos (Guo et al., "On
 * calibration of modern neural networks", 2017). When every photo is right, that T would be 0 and every probability 1;
 * then, as Platt (1999) proposed, each label counts as (n + 1) / (n + 2) sure. Without photos it is 1.
 */
export function fitTemperature(logits: Matrix, labels: ArrayLike<number>): number {
  if (logits.rows === 0) return 1
  const perfect = accuracy(labels, predictions(logits)) === 1
  const doubt = perfect ? 1 / (logits.rows + 2) : 0
  // The loss is convex in 1 / T, so it has one valley in log T as well: golden section search finds it.
  const golden = (Math.sqrt(5) - 1) / 2
  const loss = (logTemperature: number) => doubtfulLoss(logits, labels, Math.exp(logTemperature), doubt)
  let [low, high] = [-4, 4]
  let [left, right] = [high - golden * (high - low), low + golden * (high - low)]
  let [lossLeft, lossRight] = [loss(left), loss(right)]
  while (high - low > 1e-9) {
    if (lossLeft <= lossRight) {
      ;[high, right, lossRight] = [right, left, lossLeft]
      left = high - golden * (high - low)
      lossLeft = loss(left)
    } else {
      ;[low, left, lossLeft] = [left, right, lossRight]
      right = low + golden * (high - low)
      lossRight = loss(right)
    }
  }
  return Math.exp((low + high) / 2)
}

/** Log loss when a label is right with probability 1 − doubt, and every class equally likely otherwise. */
function doubtfulLoss(logits: Matrix, labels: ArrayLike<number>, temperature: number, doubt: number): number {
  const loss = logLoss(logits, labels, temperature)
  if (doubt === 0) return loss
  const ofAll = mapRows(logits, (values) => {
    const scaled = Float64Array.from(values, (value) => value / temperature)
    return logSumExp(scaled) - scaled.reduce((sum, value) => sum + value, 0) / scaled.length
  })
  return (1 - doubt) * loss + (doubt * ofAll.reduce((sum, value) => sum + value, 0)) / logits.rows
}
