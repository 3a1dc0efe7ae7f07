/** From a run's history to what an epoch chart shows: points, axis, words. No canvas here, so that it can be tested. */
import type { EpochMetrics, StepSeries } from '../../shared/training.ts'
import { decimal, percent } from '../format.ts'

export type EpochMetric = 'loss' | 'accuracy'

export interface Point {
  x: number
  y: number
}

export interface EpochSeries {
  training: Point[]
  validation: Point[]
}

/** Accuracy in per cent, loss as it is; what is not finite is left out. */
export function epochSeries(history: readonly EpochMetrics[], metric: EpochMetric): EpochSeries {
  const points = (value: (epoch: EpochMetrics) => number): Point[] =>
    history
      .map((epoch) => ({ x: epoch.epoch, y: metric === 'accuracy' ? 100 * value(epoch) : value(epoch) }))
      .filter((point) => Number.isFinite(point.y))
  return metric === 'accuracy'
    ? { training: points((epoch) => epoch.trainAccuracy), validation: points((epoch) => epoch.validationAccuracy) }
    : { training: points((epoch) => epoch.trainLoss), validation: points((epoch) => epoch.validationLoss) }
}

/** Losses of steps on the axis of the epochs: an epoch's last step stands where the epoch does. */
export const stepPoints = ({ stepsPerEpoch, steps, losses }: StepSeries): Point[] =>
  steps.map((step, index) => ({ x: step / stepsPerEpoch, y: losses[index] as number }))

export interface Axis {
  min: number
  max: number
  step: number
}

/** The smallest of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 times a power of ten that is not below `value`. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const factor = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((candidate) => candidate * power >= value * (1 - 1e-9))
  return Number(((factor ?? 10) * power).toPrecision(3))
}

/** Four even steps: losses from 0, accuracies to 100 %. */
export function valueAxis(series: EpochSeries, metric: EpochMetric): Axis {
  const values = [...series.training, ...series.validation].map((point) => point.y)
  if (metric === 'accuracy') {
    const lowest = Math.min(100, ...values)
    const min = values.length === 0 ? 0 : ([80, 60, 20, 0].find((each) => each <= lowest) ?? 0)
    return { min, max: 100, step: (100 - min) / 4 }
  }
  const highest = Math.max(0, ...values)
  const step = highest === 0 ? 0.5 : roundUp(highest / 4)
  return { min: 0, max: Number((4 * step).toPrecision(4)), step }
}

/**
 * 1, then every round number, and always the last: at most about six.
 * @param labelEpochs epochs between two ticks below which the label of the last would touch the one before
 */
export function epochTicks(epochs: number, labelEpochs = 0): number[] {
  const last = Math.max(1, epochs)
  const step =
    last <= 6 ? 1 : ([2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000].find((each) => last / each <= 5.5) ?? 2500)
  const ticks = [1]
  for (let tick = step; tick < last; tick += step) if (tick > 1) ticks.push(tick)
  // A tick that would run into the last one gives way to it.
  if (ticks.length > 1 && last - ticks.at(-1)! < Math.max(step / 2, labelEpochs)) ticks.pop()
  if (last > 1) ticks.push(last)
  return ticks
}

const valueText = (value: number, metric: EpochMetric): string =>
  metric === 'accuracy' ? percent(value / 100) : decimal(value)

export interface EndLabel {
  text: string
  /** Where its line ends, in the chart's values. */
  at: Point
}

/** The words at the ends of both lines. */
export function endLabels(
  series: EpochSeries,
  metric: EpochMetric,
): { validation: EndLabel | null; training: EndLabel | null } {
  const label = (name: string, points: readonly Point[]): EndLabel | null => {
    const at = points.at(-1)
    return at === undefined ? null : { text: `${name} ${valueText(at.y, metric)}`, at }
  }
  return { validation: label('validation', series.validation), training: label('training', series.training) }
}

/** Middles of two labels beside each other's line ends, moved apart to at least `gap` and kept between the bounds (pixels). */
export function spread(first: number, second: number, gap: number, low: number, high: number): [number, number] {
  const missing = Math.max(0, gap - Math.abs(first - second))
  const sign = first <= second ? 1 : -1
  const pair: [number, number] = [first - (sign * missing) / 2, second + (sign * missing) / 2]
  const over = Math.max(0, Math.max(...pair) - high) - Math.max(0, low - Math.min(...pair))
  return [pair[0] - over, pair[1] - over]
}

/** What a screen reader says of the chart. */
export function chartText(history: readonly EpochMetrics[], metric: EpochMetric, bestEpoch: number | null): string {
  const name = metric === 'loss' ? 'Loss' : 'Accuracy'
  const last = history.at(-1)
  if (last === undefined) return `${name} by epoch: no epoch is done yet.`
  const value = (epoch: EpochMetrics, of: 'training' | 'validation'): string => {
    const found = epochSeries([epoch], metric)[of][0]
    return found === undefined ? 'not a number' : valueText(found.y, metric)
  }
  const best = history.find((epoch) => epoch.epoch === bestEpoch)
  const kept = best === undefined ? '' : ` Best epoch ${best.epoch}: validation ${value(best, 'validation')}.`
  return `${name} by epoch. Epoch ${last.epoch}: validation ${value(last, 'validation')}, training ${value(last, 'training')}.${kept}`
}
