import { join } from 'node:path'
import { z } from 'zod'
import type { TrainSettings } from '../../../shared/training.ts'
import type { ComputeDevice } from '../../engine/index.ts'
import { openComputerFile } from '../computer-file.ts'

/** What is measured, in images per second: learning, looking at plain views, features of a backbone, learning a head. */
export type SpeedKind = 'train' | 'view' | 'features' | 'head'

/** "train simple_cnn 96": kind, model and side of the photos (0 where there are none). */
export type SpeedName = `${SpeedKind} ${string} ${number}`

export const speedName = (kind: SpeedKind, model: string, side: number): SpeedName => `${kind} ${model} ${side}`

/** How fast this computer was when it last did a thing: what estimates are made of. */
export interface Speeds {
  /** Images per second; a side that was never tried is judged by its area from one that was. Null: never measured here. */
  get(kind: SpeedKind, model: string, side: number): number | null
  record(speeds: Readonly<Record<SpeedName, number>>): Promise<void>
  /** Those of the computer with another device than the processor, or with fewer threads than it has cores. */
  on(device: ComputeDevice, settings: Pick<TrainSettings, 'threads'>): Speeds
}

/** The speeds kept in FLEURON_HOME. */
export function openSpeeds(home: string): Speeds {
  const file = openComputerFile(join(home, 'speeds.json'), 'speeds', z.number().positive())
  const on = (device: ComputeDevice, { threads }: Pick<TrainSettings, 'threads'>): Speeds => {
    const fewer = threads === 0 ? [] : [`${threads} threads`]
    const startOf = (name: string): string => {
      // Plain views are looked at by the finished model, which the processor runs.
      const by = [...(device === 'cpu' || name.startsWith('view') ? [] : [device]), ...fewer]
      return by.length === 0 ? '' : `${by.join(', ')}: `
    }
    return {
      get(kind, model, side) {
        const known = file.read()
        const start = startOf(kind)
        const exact = known[start + speedName(kind, model, side)]
        if (exact !== undefined) return exact
        const prefix = `${start}${kind} ${model} `
        const other = Object.keys(known).find((name) => name.startsWith(prefix))
        if (other === undefined || side === 0) return null
        return (known[other] as number) * (Number(other.slice(prefix.length)) / side) ** 2
      },
      async record(measured) {
        const sound = Object.entries(measured).filter(([, value]) => value > 0 && Number.isFinite(value))
        if (sound.length > 0)
          await file.record(Object.fromEntries(sound.map(([name, value]) => [startOf(name) + name, value])))
      },
      on,
    }
  }
  return on('cpu', { threads: 0 })
}
