import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'

const run = promisify(execFile)
const scripts = import.meta.dirname

let cache: string
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'fleuron-cache-'))
})
afterEach(() => rm(cache, { recursive: true, force: true }))

/** Runs a piece of JavaScript beside the scripts, with a cache of its own. */
const inNode = async (code: string): Promise<string> => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: scripts,
    env: { ...process.env, FLEURON_CACHE: cache },
  })
  return stdout
}

it('does one piece of work at a time, whichever process it is in', async () => {
  const log = join(cache, 'log')
  await writeFile(log, '')
  const code = `
    import { appendFileSync } from 'node:fs'
    import { setTimeout as delay } from 'node:timers/promises'
    import { exclusively } from './lock.mjs'
    await exclusively(async () => {
      appendFileSync(${JSON.stringify(log)}, 'begin\\n')
      await delay(100)
      appendFileSync(${JSON.stringify(log)}, 'end\\n')
    })`
  await Promise.all([inNode(code), inNode(code), inNode(code)])
  expect(await readFile(log, 'utf8')).toBe('begin\nend\n'.repeat(3))
})

it('knows which Node is current', async () => {
  const code = `import { isCurrent } from './node.mjs'
    console.log(['20.20.2', '22.18.0', '24.0.0', '26.1.0'].map((version) => isCurrent(version)).join())`
  expect(await inNode(code)).toBe('false,false,true,true\n')
})

it('hands the exit status and the signal of a program on', async () => {
  const code = `import { runChild } from './node.mjs'
    const end = (text) => runChild(process.execPath, ['--eval', text])
    console.log(await end('process.exit(7)'), await end('process.kill(process.pid, "SIGKILL")'))`
  expect(await inNode(code)).toBe('7 137\n')
})

it('remembers for a day that Electron could not be had', async () => {
  const { version } = JSON.parse(
    await readFile(join(scripts, '..', 'node_modules', 'electron', 'package.json'), 'utf8'),
  )
  await mkdir(cache, { recursive: true })
  await writeFile(join(cache, 'electron-refused.json'), JSON.stringify({ version, at: Date.now() - 60_000 }))
  const code = `process.env.ELECTRON_OVERRIDE_DIST_PATH = '/nowhere'
    const { electronBinary } = await import('./electron.mjs')
    const began = Date.now()
    console.log(await electronBinary(), Date.now() - began < 1000)`
  expect(await inNode(code)).toBe('null true\n')
})
