import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exclusively } from './lock.mjs'
import { npm } from './npm.mjs'
import { root, say } from './places.mjs'

/** Installs the dependencies where they are missing or not those of package-lock.json. */
export async function install() {
  if (await isInstalled()) return
  await exclusively(async () => {
    // Another start may have done it in the meantime.
    if (await isInstalled()) return
    say('Installing the dependencies from the npm registry (some minutes, the first time only) …')
    await npm(['ci', '--ignore-scripts'], {
      cwd: root,
      failure: 'The dependencies could not be installed; look at the connection to the npm registry and try again.',
    })
  })
}

/**
 * npm writes down at the end of an install what lies in node_modules: every package of package-lock.json must be there
 * in its version, save optional ones (those of other platforms).
 */
async function isInstalled() {
  const wanted = await packagesOf(join(root, 'package-lock.json'))
  const present = await packagesOf(join(root, 'node_modules', '.package-lock.json')).catch(() => null)
  if (!present) return false
  return Object.entries(wanted).every(([path, { version, optional, devOptional, peer }]) => {
    if (path === '') return true
    return present[path] ? present[path].version === version : Boolean(optional || devOptional || peer)
  })
}

const packagesOf = async (file) => JSON.parse(await readFile(file, 'utf8')).packages
