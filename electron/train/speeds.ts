import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'

/**
 * How fast this computer was when it last did a thing: what estimates are made of. Names say what was done, e.g.
 * "train simple_cnn 96" in images per second.
 */
export interface Speeds {
  /** Null when it was never measured here. */
  get(name: string): number | null
  record(name: string, perSecond: number): Promise<void>
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
    get: (name) => read(path)[name] ?? null,
    async record(name, perSecond) {
      if (!(perSecond > 0) || !Number.isFinite(perSecond)) return
      const speeds = { ...read(path), [name]: perSecond }
      await writeFileAtomic(path, `${JSON.stringify({ computer: computer(), speeds }, null, 2)}\n`)
    },
  }
}
