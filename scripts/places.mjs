import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** What is fetched once for this user and may be deleted at any time. FLEURON_CACHE goes before the platform's folder. */
export const cache =
  process.env.FLEURON_CACHE ||
  (process.platform === 'win32'
    ? join(process.env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'fleuron', 'Cache')
    : process.platform === 'darwin'
      ? join(homedir(), 'Library', 'Caches', 'fleuron')
      : join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fleuron'))

/** A file of the cache that belongs to this checkout: node_modules comes and goes, this stays. */
export const ofThisCheckout = (name) =>
  join(cache, 'checkouts', createHash('sha256').update(root).digest('hex').slice(0, 16), name)

/** One line for the user: stdout belongs to the command. */
export const say = (line) => process.stderr.write(`${line}\n`)

/** A mistake that is explained in one sentence and needs no stack. */
export class Explained extends Error {}
