import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { EpochDetail } from '../../../shared/epoch-detail.ts'
import type { EpochMetrics } from '../../../shared/training.ts'
import { SafetensorsFile, writeSafetensors } from '../../engine/index.ts'
import type { EpochSums } from './epoch-tally.ts'

/** Where a run stands between two steps: with the values beside it, all that is needed to go on as if nothing had been. */
export interface RunPosition {
  /** The epochs that are complete. */
  readonly history: readonly EpochMetrics[]
  /** What is known of their classes; checkpoints of older versions have none. */
  readonly details: readonly EpochDetail[]
  /** What was summed up of the epoch in hand; null between two epochs. */
  readonly epoch: EpochSums | null
  /** Seconds spent on training so far. */
  readonly seconds: number
  /** Photos of one pass through the network: fewer than the settings say after memory ran out. */
  readonly batchSize: number
}

/** The best epoch so far. */
export interface BestEpoch {
  readonly epoch: number
  /** Parameters and buffers that learn, as they were after it. */
  readonly values: ReadonlyMap<string, Float32Array>
}

export interface Checkpoint {
  readonly position: RunPosition
  readonly best: BestEpoch | null
  /** What the session needs to go on (TrainingSession.readState). */
  readonly last: ReadonlyMap<string, Float32Array>
}

const format = 'fleuron-checkpoint-2'
const lastPath = (directory: string): string => join(directory, 'last.safetensors')
const bestName = (epoch: number): string => `best-${epoch}.safetensors`
const isBest = (name: string): boolean => /^best-\d+\.safetensors$/.test(name)

/** Written by this file alone, so only the outline is looked at. */
const positionText = z.object({
  history: z.array(z.looseObject({ epoch: z.number() })),
  details: z.array(z.looseObject({ epoch: z.number() })).default([]),
  epoch: z.looseObject({ place: z.number() }).nullable(),
  seconds: z.number(),
  batchSize: z.number(),
})

export const hasCheckpoint = (directory: string): boolean =>
  statSync(lastPath(directory), { throwIfNoEntry: false }) !== undefined

const tensors = (values: ReadonlyMap<string, Float32Array>) =>
  [...values].map(([name, data]) => [name, { shape: [data.length], data }] as const)

/**
 * Replaces the run's checkpoint. The best epoch lies in a file of its own, written before the one that names it and
 * removed after another took its place: whenever the power goes, the two belong together.
 */
export function writeCheckpoint(directory: string, { position, best, last }: Checkpoint): void {
  const own = best === null ? null : bestName(best.epoch)
  const there = readdirSync(directory).filter(isBest)
  if (best !== null && own !== null && !there.includes(own)) {
    writeSafetensors(join(directory, own), tensors(best.values), { format, epoch: String(best.epoch) })
  }
  writeSafetensors(lastPath(directory), tensors(last), {
    format,
    bestEpoch: best === null ? '' : String(best.epoch),
    position: JSON.stringify(position),
  })
  for (const name of there) if (name !== own) rmSync(join(directory, name), { force: true })
}

function readAll(file: SafetensorsFile): Map<string, Float32Array> {
  return new Map([...file.tensors.keys()].map((name) => [name, file.readFloat32(name)]))
}

/** @throws WeightsError when there is none or it is damaged */
export function readCheckpoint(directory: string): Checkpoint {
  using file = SafetensorsFile.open(lastPath(directory))
  const position = positionText.parse(JSON.parse(file.metadata['position'] ?? 'null')) as unknown as RunPosition
  return { position, best: readBest(directory, file.metadata['bestEpoch'] ?? ''), last: readAll(file) }
}

function readBest(directory: string, epoch: string): BestEpoch | null {
  if (epoch === '') return null
  using file = SafetensorsFile.open(join(directory, bestName(Number(epoch))))
  return { epoch: Number(epoch), values: readAll(file) }
}

/** A run that begins anew must not find what an earlier attempt has left. */
export function removeCheckpoint(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (isBest(name) || join(directory, name) === lastPath(directory)) rmSync(join(directory, name), { force: true })
  }
}
