import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'

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
}

const contents = z.object({ computer: z.string(), speeds: z.record(z.string(), z.number().positive()) })

/** Speeds do not carry over to another computer, should the folder move. */
const computer = (): string => `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} threads`

function read(path: string): Record<string, number> {
  try {
    const parsed = contents.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return parsed.success && parsed.data.computer === computer() ? parsed.data.speeds : {}
  } catch {
    // Missing or damaged: measured again with the next run.
    return {}
  }
}

/** The speeds kept in FLEURON_HOME. They are read each time: the command line and the window may both train. */
export function openSpeeds(home: string): Speeds {
  const path = join(home, 'speeds.json')
  return {
    get(kind, model, side) {
      const known = read(path)
      const exact = known[speedName(kind, model, side)]
      if (exact !== undefined) return exact
      const prefix = `${kind} ${model} `
      const other = Object.keys(known).find((name) => name.startsWith(prefix))
      if (other === undefined || side === 0) return null
      return (known[other] as number) * (Number(other.slice(prefix.length)) / side) ** 2
    },
    async record(measured) {
      const sound = Object.entries(measured).filter(([, value]) => value > 0 && Number.isFinite(value))
      if (sound.length === 0) return
      const speeds = { ...read(path), ...Object.fromEntries(sound) }
      await mkdir(home, { recursive: true })
      await writeFileAtomic(path, `${JSON.stringify({ computer: computer(), speeds }, null, 2)}\n`)
    },
  }
}
