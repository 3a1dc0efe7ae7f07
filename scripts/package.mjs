import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { electronBinary } from './electron.mjs'
import { runChild } from './node.mjs'
import { Explained, root, say } from './places.mjs'

const require = createRequire(import.meta.url)

/**
 * Packs the desktop application with electron-builder; `--dir` leaves out the installer. Where no Electron can be had,
 * `--dir` packs around a stand-in, so that everything but Electron itself is seen to be in its place.
 */
export async function pack(args) {
  const electronDist = (await distribution()) ?? (await standInFor(args))
  return runChild(
    process.execPath,
    [require.resolve('electron-builder/cli.js'), ...args, '--publish=never', `-c.electronDist=${electronDist}`],
    { cwd: root, env: { ...process.env, CSC_IDENTITY_AUTO_DISCOVERY: 'false' } },
  )
}

/** Folder of the Electron that is here. */
async function distribution() {
  const binary = await electronBinary()
  if (!binary) return null
  return process.platform === 'darwin' ? join(binary, '..', '..', '..', '..') : dirname(binary)
}

async function standInFor(args) {
  if (!args.includes('--dir') || process.platform === 'darwin') {
    throw new Explained('Electron cannot be had here, and an installer needs it; try again with a network.')
  }
  say('Electron cannot be had here: packing around a stand-in. What is made shows what is packed, and does not start.')
  const folder = join(root, 'dist', 'electron-stand-in')
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, 'locales'), { recursive: true })
  await mkdir(join(folder, 'resources'))
  const program = process.platform === 'win32' ? 'electron.exe' : 'electron'
  const files = {
    [program]: '#!/bin/sh\necho "This is a stand-in for Electron." >&2\nexit 1\n',
    'chrome-sandbox': '',
    LICENSE: 'Stand-in for Electron.\n',
    'LICENSES.chromium.html': '',
    version: require('electron/package.json').version,
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  await chmod(join(folder, program), 0o755)
  return folder
}
