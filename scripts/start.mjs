import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { electronBinary } from './electron.mjs'
import { runChild } from './node.mjs'
import { root, say } from './places.mjs'

/** A window that ends sooner than this, and not well, was never open. */
const startSeconds = 10

/** Opens Fleuron: the desktop window where there is a display and an Electron, else the browser host. */
export async function start(args) {
  if (!args.includes('--headless') && hasDisplay()) {
    const electron = await electronBinary()
    if (electron) {
      const began = Date.now()
      const status = await runChild(electron, [root, ...args])
      const interrupted = status === 130 || status === 143
      if (status === 0 || interrupted || Date.now() - began > startSeconds * 1000) return status
      say('Electron could not open a window here; Fleuron opens in the browser instead.')
    } else {
      say('Electron cannot be had here; Fleuron opens in the browser instead.')
    }
  }
  return fleuron(['start', ...args])
}

/** The command line, in this process: starting another would take longer than most commands. */
export async function fleuron(args) {
  const cli = join(root, 'out', 'main', 'cli.js')
  process.argv = [process.execPath, cli, ...args]
  await import(pathToFileURL(cli).href)
  // From here on the command decides how the process ends.
  return undefined
}

const hasDisplay = () =>
  process.platform === 'win32' ||
  process.platform === 'darwin' ||
  Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
