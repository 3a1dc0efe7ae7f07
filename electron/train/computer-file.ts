import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'

/** What was found out about this computer, by name. It does not carry over to another one, should the folder move. */
export interface ComputerFile<Value> {
  /** Read each time: the command line and the window may both write. */
  read(): Record<string, Value>
  /** Adds to what is there. */
  record(values: Readonly<Record<string, Value>>): Promise<void>
}

const computer = (): string => `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} threads`

/** A JSON file: the computer, and under `key` the values. */
export function openComputerFile<Value>(path: string, key: string, value: z.ZodType<Value>): ComputerFile<Value> {
  const contents = z.object({ computer: z.literal(computer()), [key]: z.record(z.string(), value) })
  const read = (): Record<string, Value> => {
    try {
      return contents.parse(JSON.parse(readFileSync(path, 'utf8')))[key] as Record<string, Value>
    } catch {
      // Missing, damaged or of another computer: found out anew.
      return {}
    }
  }
  return {
    read,
    async record(values) {
      await mkdir(dirname(path), { recursive: true })
      const whole = { computer: computer(), [key]: { ...read(), ...values } }
      await writeFileAtomic(path, `${JSON.stringify(whole, null, 2)}\n`)
    },
  }
}
