/** Python environments with packages from PyPI, for tests and measurements beside other people's programs. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { exclusively } from './lock.mjs'
import { cache, say } from './places.mjs'

const run = promisify(execFile)

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

export interface EnvironmentOptions {
  /** Of its folder in the user's cache. */
  name: string
  /** A requirements file; another content is another environment. */
  requirements: string
  /** More arguments for pip. */
  pip?: readonly string[]
}

/** Path of a program of the environment. */
const programIn = (folder: string, name: string): string =>
  process.platform === 'win32' ? join(folder, 'Scripts', `${name}.exe`) : join(folder, 'bin', name)

/** A virtual environment that has all that was asked for. */
export interface PythonEnvironment {
  /** Path of `python` or of another program that the packages brought along. */
  program(name: string): string
}

/**
 * Makes the environment in the user's cache, where it is kept for the next time. Null where this machine has no Python
 * 3.10 or later: what needs it says so and is not run.
 */
export async function pythonEnvironment(options: EnvironmentOptions): Promise<PythonEnvironment | null> {
  const { name, requirements, pip = [] } = options
  const content = createHash('sha256').update(readFileSync(requirements)).update(pip.join(' ')).digest('hex')
  const folder = join(cache, 'python', `${name}-${content.slice(0, 12)}`)
  const environment = { program: (program: string) => programIn(folder, program) }
  const complete = join(folder, 'complete')
  if (existsSync(complete)) return environment
  const base = await basePython()
  if (base === undefined) return null
  await exclusively(async () => {
    // Another process may have done it in the meantime.
    if (existsSync(complete)) return
    say(`Installing ${basename(requirements)} from PyPI into ${folder}; this is done once.`)
    rmSync(folder, { recursive: true, force: true })
    await run(base, ['-m', 'venv', folder])
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...pip, '-r', requirements]
    await run(environment.program('python'), install)
    writeFileSync(complete, '')
  }, `${folder}.lock`)
  return environment
}
