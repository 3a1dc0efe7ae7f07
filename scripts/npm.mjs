import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Explained } from './places.mjs'

/**
 * Runs npm without its output, which is shown only when it fails. npm's script is started with node itself: npm is a
 * .cmd file on Windows, which cannot be spawned.
 * @param {string[]} args
 * @param {{cwd: string, failure: string}} options `failure`: what could not be done, and the remedy
 */
export async function npm(args, { cwd, failure }) {
  const { node, script } = findNpm()
  const { status, output } = await collect(node, [script, ...args, '--no-audit', '--no-fund', '--loglevel=error'], cwd)
  if (status === 0) return
  throw new Explained(`${failure}\n${output.trim()}`)
}

/** The npm that started us, else the one beside node; with the node that it came with, where that is known. */
function findNpm() {
  const node = process.env.FLEURON_NPM_NODE || process.execPath
  const folder = dirname(node)
  const candidates = [
    process.env.npm_execpath,
    join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(folder, '..', 'share', 'nodejs', 'npm', 'bin', 'npm-cli.js'),
  ]
  const script = candidates.find((path) => path && basename(path) === 'npm-cli.js' && existsSync(path))
  if (!script) throw new Explained('npm was not found beside Node; start Fleuron with "npm start".')
  return { node, script }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<{status: number, output: string}>}
 */
export function collect(command, args, cwd) {
  return new Promise((resolve, reject) => {
    // What is collected is shown later, perhaps in a file: without colours.
    const env = { ...process.env, NO_COLOR: '1' }
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.once('error', reject)
    child.once('close', (code) => resolve({ status: code ?? 1, output }))
  })
}
