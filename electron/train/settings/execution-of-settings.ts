import type { TrainSettings } from '../../../shared/training.ts'
import type { ComputeDevice, Execution } from '../../engine/index.ts'

/** Threads as sessions take them: where none are said, they choose. */
export const threadsOf = ({ threads }: Pick<TrainSettings, 'threads'>): Partial<Pick<Execution, 'threads'>> =>
  threads === 0 ? {} : { threads }

/** What a run that begins is told of what computes; the rest is chosen when its session opens. */
export const executionOf = (input: { device: ComputeDevice; settings: TrainSettings }): Partial<Execution> => ({
  device: input.device,
  ...threadsOf(input.settings),
})
