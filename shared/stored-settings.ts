import { z } from 'zod'
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
  threads: 0,
}

/** Names that have changed since, by setting. */
const renamed: Readonly<Record<string, Readonly<Record<string, string>>>> = { schedule: { onecycle: 'oneCycle' } }

function inTodaysTerms(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null) return stored
  const given = Object.entries(stored).map(([key, value]: [string, unknown]) => [
    key,
    typeof value === 'string' ? (renamed[key]?.[value] ?? value) : value,
  ])
  return { ...unsaid, ...Object.fromEntries(given) }
}

/** Settings as any version has stored them, in today's terms. */
export const storedSettings = z.preprocess(inTodaysTerms, trainSettings)

/** @throws ZodError when they are none */
export const readStoredSettings = (stored: unknown): TrainSettings => storedSettings.parse(stored)
