import type { EpochMetrics, Monitor } from './training.ts'

const metricOf: Readonly<Record<Monitor, (metrics: EpochMetrics) => number>> = {
  loss: ({ validationLoss }) => validationLoss,
  accuracy: ({ validationAccuracy }) => validationAccuracy,
  macroF1: ({ validationMacroF1 }) => validationMacroF1 ?? Number.NaN,
}

/** The watched metric of an epoch. */
export const watched = (monitor: Monitor, metrics: EpochMetrics): number => metricOf[monitor](metrics)

export const isHigherBetter = (monitor: Monitor): boolean => monitor !== 'loss'
