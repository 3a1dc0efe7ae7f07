import { spawn } from 'node:child_process'

/** Somebody sits in front of this computer and could see a window. */
export const hasDisplay = (): boolean =>
  process.platform === 'win32' ||
  process.platform === 'darwin' ||
  Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'])

const openers: Partial<Record<NodeJS.Platform, { command: string; args: readonly string[] }>> = {
  darwin: { command: 'open', args: [] },
  // `start` is a word of the shell and reads & in an address; this does the same without one.
  win32: { command: 'rundll32.exe', args: ['url.dll,FileProtocolHandler'] },
}

/** Opens a folder or an address with the program that the user has for it; false where that fails. */
export async function openOutside(target: string): Promise<boolean> {
  const { command, args } = openers[process.platform] ?? { command: 'xdg-open', args: [] }
  return new Promise((resolve) => {
    const child = spawn(command, [...args, target], { stdio: 'ignore', detached: true })
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      // The browser lives on when Fleuron ends.
      child.unref()
      resolve(true)
    })
  })
}
