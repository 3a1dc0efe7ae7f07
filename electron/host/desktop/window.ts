import { BrowserWindow, dialog, nativeTheme, shell } from 'electron'
import { fileURLToPath } from 'node:url'
import type { Contract } from '../../../shared/contract.ts'
import { isOwnAddress, windowAddress } from './origin.ts'

const fromRoot = (path: string): string =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? `../../../${path}` : `../../${path}`, import.meta.url))

/** The window: sandboxed, without Node, and without a way to any page but ours. */
export function createWindow(): BrowserWindow {
  const window = new BrowserWindow({
    title: 'Fleuron',
    width: 1280,
    height: 800,
    minWidth: 900,
    minHeight: 600,
    show: false,
    autoHideMenuBar: true,
    icon: fromRoot('resources/icon.png'),
    // What is seen before the page is drawn: the colour of the page.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#1c1c1c' : '#f6f6f6',
    webPreferences: {
      preload: fromRoot('out/preload/preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
    },
  })
  window.once('ready-to-show', () => window.show())
  window.webContents.on('will-navigate', (event) => {
    if (!isOwnAddress(event.url)) event.preventDefault()
  })
  window.webContents.setWindowOpenHandler(({ url }) => {
    // A link leads to the user's browser; tracking servers of one's own network have http alone.
    if (/^https?:\/\//.test(url)) void shell.openExternal(url)
    return { action: 'deny' }
  })
  // Notices that training has ended; nothing else is asked for.
  window.webContents.session.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(permission === 'notifications'),
  )
  return window
}

export const loadWindow = (window: BrowserWindow): Promise<void> => window.loadURL(windowAddress)

/** Asks before a window is closed over work that would be lost. */
export function askBeforeClosing(window: BrowserWindow, services: Pick<Contract, 'tasks'>): void {
  let asking = false
  const ask = async () => {
    const running = (await services.tasks.list()).filter(({ state }) => state === 'running')
    const task = running.find(({ kind }) => kind === 'train') ?? running[0]
    if (task && !(await isConfirmed(window, task.title))) return
    window.destroy()
  }
  window.on('close', (event) => {
    event.preventDefault()
    if (asking) return
    asking = true
    void ask().finally(() => {
      asking = false
    })
  })
}

async function isConfirmed(window: BrowserWindow, title: string): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: `Fleuron is still working: ${title}.`,
    detail: 'Closing it now stops this. Labels are saved already.',
    buttons: ['Keep working', 'Stop and close'],
    defaultId: 0,
    cancelId: 0,
  })
  return response === 1
}
