import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import type { Event } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'
import type { TrackingServer } from '../../shared/tracking.ts'
import { Emitter } from '../project/emitter.ts'
import type { ServerAccess } from './connection.ts'

const stored = z.object({
  url: z.string(),
  user: z.string().nullable(),
  password: z.string().nullable(),
  token: z.string().nullable(),
})

/**
 * The server that runs are mirrored to, with its password or token: a file of the user's own (mode 600) beside the
 * settings, outside of every project. It is read at every use, so that what another process writes counts at once.
 */
export class ServerFile {
  readonly #file: string
  readonly #changed = new Emitter<void>()

  readonly onChanged: Event<void> = this.#changed.event

  /** `home` is FLEURON_HOME. */
  constructor(home: string) {
    this.#file = join(home, 'tracking.json')
  }

  get(): ServerAccess | null {
    if (!existsSync(this.#file)) return null
    try {
      return stored.parse(JSON.parse(readFileSync(this.#file, 'utf8')))
    } catch {
      renameSync(this.#file, `${this.#file}.damaged`)
      return null
    }
  }

  set(access: ServerAccess | null): void {
    try {
      if (access === null) rmSync(this.#file, { force: true })
      else {
        mkdirSync(dirname(this.#file), { recursive: true })
        writeFileAtomic.sync(this.#file, `${JSON.stringify(access, null, 2)}\n`, { mode: 0o600 })
      }
    } catch (error) {
      throw new FleuronError(
        'not-permitted',
        `The tracking server could not be saved; make ${dirname(this.#file)} writable.`,
        { cause: error, details: String(error) },
      )
    }
    this.#changed.emit()
  }
}

/**
 * What the user entered as access to a server, or null for none. A secret that was left out is the one that is stored,
 * as long as address and name are the same.
 */
export function accessFrom(input: TrackingServer, before: ServerAccess | null): ServerAccess | null {
  if (input.url === null) return null
  const address = new URL(input.url)
  // As in http://name:password@host; they must not stay in the address, which is shown.
  const inAddress = { user: decodeURIComponent(address.username), password: decodeURIComponent(address.password) }
  address.username = ''
  address.password = ''
  const url = `${address.origin}${address.pathname}`.replace(/\/+$/, '')
  if (input.token !== undefined) return { url, user: null, password: null, token: input.token }
  const user = input.user ?? (inAddress.user || null)
  const password = input.password ?? (inAddress.password || null)
  const same = input.user === undefined || (user !== null && user === before?.user)
  if (before?.url === url && password === null && same) return before
  return { url, user, password: user === null ? null : password, token: null }
}
