import { trainSettings, type TrainSettings } from './training.ts'

/** What settings of older versions did not say, and what was then the case. */
const unsaid: Partial<TrainSettings> = {
  stages: 0,
  timeBudget: 0,
  accumulation: 1,
  optimizerSettings: {},
  layerDecay: 1,
  scheduleSettings: {},
  loss: 'crossEntropy',
  lossSettings: {},
  classWeights: 'none',
  classWeightsSettings: {},
  clipNorm: 0,
  ema: 0,
  dropPath: 0,
  freezeBatchNorm: false,
  monitor: 'loss',
  minimumChange: 0,
}

/** Names that have changed since, by setting. */
const renamed: Readonly<Record<string, Readonly<Record<string, string>>>> = { schedule: { onecycle: 'oneCycle' } }

/**
 * Settings as an older version has stored them, in today's terms.
 * @throws ZodError when they are none
 */
export function readStoredSettings(stored: unknown): TrainSettings {
  const given = Object.entries(stored as Record<string, unknown>).map(([key, value]) => [
    key,
    typeof value === 'string' ? (renamed[key]?.[value] ?? value) : value,
  ])
  return trainSettings.parse({ ...unsaid, ...Object.fromEntries(given) })
}
