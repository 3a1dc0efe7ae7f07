import { dialog, shell, type BrowserWindow, type OpenDialogOptions } from 'electron'
import type { Host } from '../../api/host.ts'

/** The application in a window of its own, with the operating system's dialogs. */
export function createDesktopHost(window: () => BrowserWindow | undefined): Host {
  const choose = async (options: OpenDialogOptions): Promise<string | null> => {
    const parent = window()
    const { canceled, filePaths } = parent
      ? await dialog.showOpenDialog(parent, options)
      : await dialog.showOpenDialog(options)
    return canceled ? null : (filePaths[0] ?? null)
  }
  return {
    kind: 'desktop',
    chooseFolder: (title) => choose({ title, properties: ['openDirectory', 'createDirectory'] }),
    chooseFile: (title, ending) =>
      choose({ title, properties: ['openFile'], filters: [{ name: ending, extensions: [ending] }] }),
    // An empty answer is Electron's way of saying that it went well.
    reveal: async (folder) => (await shell.openPath(folder)) === '',
  }
}
