import type { TrainSettings } from '../../../shared/training.ts'
import { trainingBatchCount } from './input-pipeline.ts'

/** How the samples of an epoch are gathered into steps of the optimiser. */
export interface StepShape {
  /** Samples of one pass through the network. */
  readonly batchSize: number
  /** Passes whose mean gradient makes a step. */
  readonly accumulation: number
  readonly stepsPerEpoch: number
}

/** What is left over after the last whole step waits for another epoch; fewer samples than a batch make one batch. */
export function stepShape(samples: number, settings: Pick<TrainSettings, 'batchSize' | 'accumulation'>): StepShape {
  const batches = trainingBatchCount(samples, settings.batchSize)
  const accumulation = Math.max(1, Math.min(settings.accumulation, batches))
  return {
    batchSize: Math.min(settings.batchSize, samples),
    accumulation,
    stepsPerEpoch: Math.floor(batches / accumulation),
  }
}

/** Half as many samples a pass and twice as many passes: the same steps with less memory. Null: it cannot be less. */
export function halved({ batchSize, accumulation, stepsPerEpoch }: StepShape): StepShape | null {
  if (batchSize < 4) return null
  return { batchSize: Math.floor(batchSize / 2), accumulation: accumulation * 2, stepsPerEpoch }
}
