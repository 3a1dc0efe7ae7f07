import { mkdir, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import type { Settings, SettingsService } from '../../shared/contract.ts'
import { automaticDevice } from '../../shared/device.ts'
import { Emitter } from '../project/emitter.ts'
import { FleuronError } from '../../shared/errors.ts'

/** Those of a new user. */
export const defaultSettings: Settings = {
  theme: 'system',
  autoAdvance: true,
  weights: null,
  keys: {},
  device: automaticDevice,
  notify: true,
}

const stored = z.object({
  theme: z.enum(['system', 'light', 'dark']).default(defaultSettings.theme),
  autoAdvance: z.boolean().default(defaultSettings.autoAdvance),
  weights: z.string().nullable().default(defaultSettings.weights),
  notify: z.boolean().default(defaultSettings.notify),
  keys: z.record(z.string(), z.string()).default(defaultSettings.keys),
  device: z.string().default(defaultSettings.device),
})

/**
 * What the user chose, in one small file. A file that cannot be understood is kept beside it under another name, and
 * the defaults hold.
 */
export async function createSettingsService({ file }: { file: string }): Promise<SettingsService> {
  const changed = new Emitter<Settings>()
  let settings = await read(file)
  let writing: Promise<void> = Promise.resolve()

  const write = async (next: Settings) => {
    try {
      await mkdir(dirname(file), { recursive: true })
      await writeFileAtomic(file, `${JSON.stringify(next, null, 2)}\n`)
    } catch (error) {
      throw new FleuronError('not-permitted', `The settings could not be saved; make ${dirname(file)} writable.`, {
        cause: error,
        details: String(error),
      })
    }
    settings = next
    changed.emit({ ...next })
  }

  return {
    get: async () => ({ ...settings }),
    update: async (input) => {
      // One after the other, so that two changes at once are both kept.
      const turn = writing.then(() => write({ ...settings, ...withoutUndefined(input) }))
      writing = turn.catch(() => undefined)
      await turn
      return { ...settings }
    },
    onChanged: changed.event,
  }
}

async function read(file: string): Promise<Settings> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    // Not there on the first start; and settings that cannot be read must not keep Fleuron from starting.
    return { ...defaultSettings }
  }
  const settings = parse(text)
  if (settings) return settings
  await rename(file, `${file}.damaged`).catch(() => undefined)
  return { ...defaultSettings }
}

function parse(text: string): Settings | null {
  try {
    return stored.parse(JSON.parse(text))
  } catch {
    return null
  }
}

const withoutUndefined = (input: Partial<Settings>): Partial<Settings> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
