import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SafetensorsFile, writeSafetensors } from '../engine/index.ts'

/** What a run leaves on the disk after an epoch: enough to make a model of its best epoch, whatever happens next. */
export interface Checkpoint {
  /** Last epoch that is in it, from 1. */
  epoch: number
  bestEpoch: number
  bestLoss: number
  /** Parameters and buffers that learn, as they were after the best epoch. */
  best: ReadonlyMap<string, Float32Array>
  /** What the session needs to go on after the last epoch (TrainingSession.readState). */
  last: ReadonlyMap<string, Float32Array>
}

const checkpointPath = (runDirectory: string): string => join(runDirectory, 'checkpoint.safetensors')

export const hasCheckpoint = (runDirectory: string): boolean => existsSync(checkpointPath(runDirectory))

const prefixed = (prefix: string, values: ReadonlyMap<string, Float32Array>) =>
  [...values].map(([name, data]) => [`${prefix}/${name}`, { shape: [data.length], data }] as const)

/** Replaces the run's checkpoint; the old one stands until the new one is on the disk. */
export function writeCheckpoint(runDirectory: string, checkpoint: Checkpoint): void {
  const { epoch, bestEpoch, bestLoss, best, last } = checkpoint
  writeSafetensors(checkpointPath(runDirectory), [...prefixed('best', best), ...prefixed('last', last)], {
    format: 'fleuron-checkpoint-1',
    epoch: String(epoch),
    bestEpoch: String(bestEpoch),
    bestLoss: String(bestLoss),
  })
}

/** @throws WeightsError when there is none or it is damaged */
export function readCheckpoint(runDirectory: string): Checkpoint {
  using file = SafetensorsFile.open(checkpointPath(runDirectory))
  const part = (prefix: string): Map<string, Float32Array> =>
    new Map(
      [...file.tensors.keys()]
        .filter((name) => name.startsWith(`${prefix}/`))
        .map((name) => [name.slice(prefix.length + 1), file.readFloat32(name)]),
    )
  const number = (key: string): number => Number(file.metadata[key])
  return {
    epoch: number('epoch'),
    bestEpoch: number('bestEpoch'),
    bestLoss: number('bestLoss'),
    best: part('best'),
    last: part('last'),
  }
}
