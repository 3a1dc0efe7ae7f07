import { dialog, shell, type BrowserWindow, type OpenDialogOptions } from 'electron'
import type { Host } from '../../api/host.ts'

/** The application in a window of its own, with the operating system's dialogs. */
export const createDesktopHost = (window: () => BrowserWindow | undefined): Host => ({
  kind: 'desktop',
  chooseFolder: async (title) => {
    const parent = window()
    const options: OpenDialogOptions = { title, properties: ['openDirectory', 'createDirectory'] }
    const { canceled, filePaths } = parent
      ? await dialog.showOpenDialog(parent, options)
      : await dialog.showOpenDialog(options)
    return canceled ? null : (filePaths[0] ?? null)
  },
  // An empty answer is Electron's way of saying that it went well.
  reveal: async (folder) => (await shell.openPath(folder)) === '',
})
