import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { exclusively } from './lock.mjs'
import { collect } from './npm.mjs'
import { cache, root, say } from './places.mjs'

const require = createRequire(import.meta.url)
const folder = join(root, 'node_modules', 'electron')
const refusalFile = join(cache, 'electron-refused.json')
const day = 24 * 60 * 60 * 1000

/** Where nothing has arrived for so long, Electron cannot be had: not the length of the download, its silence. */
const silenceSeconds = 5

/**
 * Path of the Electron binary, or null where it cannot be had. It is no part of the npm package: on first use it is
 * fetched from where Electron publishes it (or ELECTRON_MIRROR). A refusal is remembered for a day.
 */
export async function electronBinary() {
  const present = presentBinary()
  if (present) return present
  const { version } = require('electron/package.json')
  if (wasRefused(version)) return null
  return exclusively(async () => presentBinary() ?? (await fetchBinary(version)))
}

async function fetchBinary(version) {
  say('Fetching Electron for the desktop window (about 110 MB, the first time only) …')
  try {
    await download(version)
    // Electron's own script unpacks what now lies in its cache.
    const { status, output } = await collect(process.execPath, [join(folder, 'install.js')], root)
    const unpacked = presentBinary()
    if (status !== 0 || !unpacked) throw new Error(output)
    await rm(refusalFile, { force: true })
    return unpacked
  } catch (error) {
    await mkdir(dirname(refusalFile), { recursive: true })
    await writeFile(refusalFile, JSON.stringify({ version, at: Date.now(), reason: String(error) }))
    return null
  }
}

function presentBinary() {
  try {
    const binary = join(
      process.env.ELECTRON_OVERRIDE_DIST_PATH || join(folder, 'dist'),
      readFileSync(join(folder, 'path.txt'), 'utf8'),
    )
    return existsSync(binary) ? binary : null
  } catch {
    return null
  }
}

function wasRefused(version) {
  try {
    const refusal = JSON.parse(readFileSync(refusalFile, 'utf8'))
    return refusal.version === version && Date.now() - refusal.at < day
  } catch {
    return false
  }
}

async function download(version) {
  const { downloadArtifact } = await import('@electron/get')
  const silence = new AbortController()
  const fail = () => silence.abort(new Error(`No answer within ${silenceSeconds} s.`))
  let timer = setTimeout(fail, silenceSeconds * 1000)
  try {
    await downloadArtifact({
      version,
      artifactName: 'electron',
      checksums: require('electron/checksums.json'),
      downloadOptions: {
        signal: silence.signal,
        quiet: true,
        getProgressCallback: async ({ percent }) => {
          clearTimeout(timer)
          timer = setTimeout(fail, silenceSeconds * 1000)
          if (process.stderr.isTTY) process.stderr.write(`\r${Math.round(100 * percent)} %${percent === 1 ? '\n' : ''}`)
        },
      },
    })
  } finally {
    clearTimeout(timer)
  }
}
