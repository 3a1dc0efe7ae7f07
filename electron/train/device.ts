import { availableParallelism, cpus } from 'node:os'
import type { TrainSettings } from '../../shared/training.ts'
import type { ComputeDevice } from '../engine/index.ts'
import { deviceWords } from './devices/device-words.ts'

/** What a run computes on. */
export function thisDevice(
  device: ComputeDevice,
  { threads }: Pick<TrainSettings, 'threads'>,
): { name: string; threads: number } {
  const processor = cpus()[0]?.model.trim() ?? 'unknown'
  return {
    name: device === 'cpu' ? processor : `${deviceWords[device].title} (${processor})`,
    threads: threads === 0 ? availableParallelism() : threads,
  }
}
