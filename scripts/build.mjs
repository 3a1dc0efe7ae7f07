import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exclusively } from './lock.mjs'
import { collect } from './npm.mjs'
import { Explained, ofThisCheckout, root, say } from './places.mjs'

const stampFile = join(root, 'out', '.stamp')
const sources = ['electron', 'renderer', 'shared']
const files = ['electron.vite.config.ts', 'package.json', 'package-lock.json', 'tsconfig.base.json']

/** Builds the application where its sources are not those that it was built from. */
export async function build() {
  if (isBuilt()) return
  await exclusively(async () => {
    if (isBuilt()) return
    say('Building Fleuron …')
    const stamp = stampOfSources()
    await rm(stampFile, { force: true })
    // A process of its own: the bundlers write to stdout, and what they hold in memory goes with them.
    const script = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
    const { status, output } = await collect(process.execPath, [script, 'build'], root)
    if (status !== 0) throw new Explained(`Fleuron could not be built.\n${output.trim()}`)
    // What was compiled of the build before would lie there for ever.
    await rm(ofThisCheckout('compiled'), { recursive: true, force: true })
    await writeFile(stampFile, stamp)
  })
}

function isBuilt() {
  try {
    return readFileSync(stampFile, 'utf8') === stampOfSources()
  } catch {
    return false
  }
}

/** Names, sizes and times of all that goes into the build: reading their contents would take longer than starting. */
function stampOfSources() {
  const hash = createHash('sha256')
  for (const folder of sources) {
    const names = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
    for (const name of names.sort()) add(hash, name)
  }
  for (const name of files) add(hash, join(root, name))
  return hash.digest('hex')
}

function add(hash, name) {
  const { size, mtimeMs } = statSync(name)
  hash.update(`${name}\0${size}\0${mtimeMs}\n`)
}
