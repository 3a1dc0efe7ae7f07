import { availableParallelism, cpus } from 'node:os'

/** What a run computes on. */
export const thisDevice = (): { name: string; threads: number } => ({
  name: cpus()[0]?.model.trim() ?? 'unknown',
  threads: availableParallelism(),
})
