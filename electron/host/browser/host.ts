import type { Host } from '../../api/host.ts'
import { hasDisplay, openOutside } from '../open-outside.ts'

/** The application in a browser: folders are chosen in the window, from a list of this computer's folders. */
export const createBrowserHost = (): Host => ({
  kind: 'browser',
  chooseFolder: (title, askWindow) => askWindow(title),
  chooseFile: (title, ending, askWindow) => askWindow(title, ending),
  reveal: async (folder) => hasDisplay() && openOutside(folder),
})
