import { app, dialog, Menu, nativeTheme, type BrowserWindow, type MenuItemConstructorOptions } from 'electron'
import { join } from 'node:path'
import { toErrorValue } from '../../../shared/errors.ts'
import { fleuronHome } from '../../project/library.ts'
import { startApplication } from '../start-application.ts'
import { createDesktopHost } from './host.ts'
import { serveWindow } from './ipc.ts'
import { launchComputeUtility } from './launch-compute.ts'
import { registerScheme, serveScheme } from './protocol.ts'
import { askBeforeClosing, createWindow, loadWindow } from './window.ts'

/**
 * The application on the desktop. What has to be said before Electron is ready is said at once; nobody may wait for
 * the rest at the top of a module, since Electron is not ready before the modules are.
 */
export function startDesktop(): void {
  const home = fleuronHome()
  // Before the lock: there is one application a home, and Chromium's own files stay out of the way.
  app.setPath('userData', join(home, 'desktop'))
  if (!app.requestSingleInstanceLock()) return app.quit()
  registerScheme()
  open(home).catch((error: unknown) => {
    dialog.showErrorBox('Fleuron could not start', toErrorValue(error).message)
    app.exit(1)
  })
}

async function open(home: string): Promise<void> {
  await app.whenReady()
  let window: BrowserWindow | undefined
  const application = await startApplication({
    home,
    host: createDesktopHost(() => window),
    launchCompute: launchComputeUtility,
  })
  const { services } = application
  const { theme } = await services.settings.get()
  nativeTheme.themeSource = theme
  services.settings.onChanged((settings) => {
    nativeTheme.themeSource = settings.theme
  })

  Menu.setApplicationMenu(Menu.buildFromTemplate(menu))
  serveScheme(application.images)
  const shown = createWindow()
  window = shown
  const leave = serveWindow(services, shown)
  askBeforeClosing(shown, services)
  app.on('second-instance', () => {
    if (shown.isMinimized()) shown.restore()
    shown.focus()
  })
  shown.once('closed', () => {
    window = undefined
    leave()
    void application.close().finally(() => app.quit())
  })
  // Without a listener Electron would quit before the project is closed.
  app.on('window-all-closed', () => undefined)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => shown.destroy())
  await loadWindow(shown)
}

const menu: MenuItemConstructorOptions[] = [
  ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
  { role: 'editMenu' },
  { role: 'viewMenu' },
  { role: 'windowMenu' },
]
