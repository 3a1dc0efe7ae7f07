/** Python with the peers that bench measures beside (PyTorch, timm, torchvision), from PyPI, in the user's cache. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import envPaths from 'env-paths'
import { startSide, type Side } from './side.ts'

/** As scripts/places.mjs has it. */
const cache = process.env['FLEURON_CACHE'] || envPaths('fleuron', { suffix: '' }).cache

const say = (line: string): boolean => process.stderr.write(`${line}\n`)

const run = promisify(execFile)
const peers = fileURLToPath(new URL('peers/', import.meta.url))
/** Installed alone, because PyPI's PyTorch asks for more than it needs; and with all they ask for. */
const lists = { alone: join(peers, 'torch.txt'), whole: join(peers, 'requirements.txt') }

const candidates = process.platform === 'win32' ? ['py', 'python'] : ['python3', 'python']

/** The first Python that can make environments, or nothing. */
async function basePython(): Promise<string | undefined> {
  for (const name of candidates) {
    try {
      await run(name, ['-c', 'import sys, venv, ensurepip; assert sys.version_info >= (3, 10)'])
      return name
    } catch {
      // Not there, too old or without venv: the next.
    }
  }
  return undefined
}

/**
 * The interpreter of an environment with the packages of peers/*.txt; made (some 4 GB, from PyPI) where there is none yet.
 * Null, said aloud, where this machine has no Python 3.10 or later.
 */
async function peerPython(): Promise<string | null> {
  const hash = createHash('sha256').update(readFileSync(lists.alone)).update(readFileSync(lists.whole))
  const folder = join(cache, `peers-${hash.digest('hex').slice(0, 12)}`)
  const python = join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']))
  const complete = join(folder, 'complete')
  if (existsSync(complete)) return python
  const base = await basePython()
  if (base === undefined) {
    say('NOT MEASURED BESIDE PYTORCH: there is no Python 3.10 or later (with venv) on this machine.')
    return null
  }
  say(`Installing PyTorch, timm and torchvision from PyPI into ${folder}; this is done once.`)
  rmSync(folder, { recursive: true, force: true })
  await run(base, ['-m', 'venv', folder])
  const install = ['-m', 'pip', 'install', '--quiet', '--no-cache-dir']
  await run(python, [...install, '--no-deps', '-r', lists.alone])
  await run(python, [...install, '-r', lists.whole])
  writeFileSync(complete, '')
  return python
}

let python: Promise<string | null> | undefined

/** Starts a script of peers/; null, said aloud, where there is no Python. */
export async function startPeer(script: string, args: readonly string[]): Promise<Side | null> {
  python ??= peerPython()
  const interpreter = await python
  return interpreter === null ? null : startSide(interpreter, [join(peers, script), ...args])
}
