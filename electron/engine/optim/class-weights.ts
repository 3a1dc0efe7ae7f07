import { settingValue } from './settings.ts'
import type { Setting, Settings } from './settings.ts'

/** A way of weighing classes by the number of their photos, as data. */
export interface ClassWeighting {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly settings: readonly Setting[]
  /** One weight per class from the photos of each. */
  readonly weights: (counts: readonly number[], settings: Settings) => number[]
}

/**
 * Photos / (classes · photos of the class), so that every class counts the same in total; classes without photos are left
 * out and weigh 0. scikit-learn's `balanced`.
 */
export function inverseFrequencyWeights(counts: readonly number[]): number[] {
  const present = counts.filter((count) => count > 0).length
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.map((count) => (count > 0 ? total / (present * count) : 0))
}

/**
 * By the effective number of photos, (1 − βⁿ) / (1 − β): a further photo of a class tells less the more there are (Cui et
 * al., 2019). Weights are its inverses, their mean 1 over the classes that have photos; the others weigh 0.
 */
export function effectiveNumberWeights(counts: readonly number[], beta: number): number[] {
  const inverses = counts.map((count) => (count > 0 ? (1 - beta) / (1 - beta ** count) : 0))
  const mean = inverses.reduce((sum, inverse) => sum + inverse, 0) / counts.filter((count) => count > 0).length
  return inverses.map((inverse) => inverse / mean)
}

export const classWeightings: readonly ClassWeighting[] = [
  {
    name: 'inverseFrequency',
    label: 'Inverse frequency',
    description: 'Every class counts the same in total, however few its photos.',
    settings: [],
    weights: (counts) => inverseFrequencyWeights(counts),
  },
  {
    name: 'effectiveNumber',
    label: 'Effective number',
    description: 'Gentler: rare classes count more, but not as much more as they are rare.',
    settings: [
      {
        name: 'beta',
        label: 'Beta',
        description: 'Towards 1 as inverse frequency, at 0 all classes alike.',
        default: 0.999,
        minimum: 0,
        maximum: 0.99999,
        kind: 'number',
      },
    ],
    weights: (counts, settings) => effectiveNumberWeights(counts, settingValue(settings, 'beta')),
  },
]
