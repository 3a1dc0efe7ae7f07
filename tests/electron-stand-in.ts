/**
 * A small stand-in for the `electron` module, for the tests: the binary itself cannot be had everywhere. What crosses
 * from one process to another goes through structuredClone, as it does in Electron, so that what cannot be cloned
 * fails here too. It shows that our code asks Electron for the right things, not that Electron does them.
 */
import { fork } from 'node:child_process'
import { EventEmitter } from 'node:events'

const crossing = <T>(value: T): T => structuredClone(value)

/** What the tests look at and steer. */
export const desktop = {
  /** What the preload script put into the page. */
  world: {} as Record<string, unknown>,
  windows: [] as StandInWindow[],
  schemes: [] as string[],
  handlers: new Map<string, (request: Request) => Promise<Response>>(),
  opened: [] as string[],
  /** Answers of the dialogs to come. */
  folders: [] as (string | null)[],
  buttons: [] as number[],
  asked: [] as string[],
}

class App extends EventEmitter {
  readonly paths = new Map<string, string>()
  ended: Promise<number>
  #end: (code: number) => void = () => undefined

  constructor() {
    super()
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  whenReady = () => Promise.resolve()
  setPath = (name: string, path: string) => void this.paths.set(name, path)
  requestSingleInstanceLock = () => true
  quit = () => this.#end(0)
  exit = (code: number) => this.#end(code)
}

class WebContents extends EventEmitter {
  readonly mainFrame = { url: '' }
  readonly session = { setPermissionRequestHandler: () => undefined }
  openHandler: ((details: { url: string }) => { action: string }) | undefined

  send(channel: string, message: unknown): void {
    const copy = crossing(message)
    setImmediate(() => ipcRenderer.emit(channel, {}, copy))
  }

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler
  }
}

export class StandInWindow extends EventEmitter {
  readonly webContents = new WebContents()
  readonly options: { webPreferences: Record<string, unknown> }
  shown = false
  destroyed = false

  constructor(options: { webPreferences: Record<string, unknown> }) {
    super()
    this.options = options
    desktop.windows.push(this)
  }

  async loadURL(address: string): Promise<void> {
    this.webContents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false })
    const response = await visit(address)
    if (!response.ok) throw new Error(`The page answered ${response.status}.`)
    this.webContents.mainFrame.url = address
    this.emit('ready-to-show')
  }

  /** As the user closes it: somebody may prevent it. */
  close(): void {
    let prevented = false
    this.emit('close', {
      preventDefault: () => {
        prevented = true
      },
    })
    if (!prevented) this.destroy()
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('closed')
  }

  isDestroyed = () => this.destroyed
  isMinimized = () => false
  show = () => {
    this.shown = true
  }
  focus = () => undefined
}

/** Asks the handler of an address's scheme, as the page would. */
export function visit(address: string, init?: RequestInit): Promise<Response> {
  const handler = desktop.handlers.get(new URL(address).protocol.slice(0, -1))
  if (!handler) throw new Error(`Nobody handles ${address}.`)
  return handler(new Request(address, init))
}

class IpcRenderer extends EventEmitter {
  send(channel: string, message: unknown): void {
    sendFrom(desktop.windows.at(-1), channel, message)
  }
}

/** A message from a page to the main process; the tests also send from pages that are not ours. */
export function sendFrom(window: StandInWindow | undefined, channel: string, message: unknown): void {
  const copy = crossing(message)
  setImmediate(() =>
    ipcMain.emit(channel, { sender: window?.webContents, senderFrame: window?.webContents.mainFrame }, copy),
  )
}

class UtilityProcess extends EventEmitter {
  readonly #child

  constructor(path: string, environment: NodeJS.ProcessEnv) {
    super()
    this.#child = fork(path, {
      serialization: 'advanced',
      env: environment,
      stdio: ['ignore', 2, 2, 'ipc'],
      execArgv: [],
    })
    this.#child.on('message', (message) => this.emit('message', message))
    this.#child.on('exit', (code) => this.emit('exit', code))
  }

  postMessage = (message: unknown) =>
    void (this.#child.connected && this.#child.send(message as object, () => undefined))
  kill = () => this.#child.kill()
}

export const app = new App()
export const ipcMain = new EventEmitter()
export const ipcRenderer = new IpcRenderer()
export const BrowserWindow = StandInWindow
export const nativeTheme = { themeSource: 'system', shouldUseDarkColors: false }
export const Menu = { buildFromTemplate: (template: unknown) => template, setApplicationMenu: () => undefined }

export const protocol = {
  registerSchemesAsPrivileged: (schemes: { scheme: string }[]) =>
    void desktop.schemes.push(...schemes.map(({ scheme }) => scheme)),
  handle: (scheme: string, handler: (request: Request) => Promise<Response>) =>
    void desktop.handlers.set(scheme, handler),
}

export const shell = {
  openPath: async (path: string) => {
    desktop.opened.push(path)
    return ''
  },
  openExternal: async (address: string) => void desktop.opened.push(address),
}

export const dialog = {
  showOpenDialog: async () => {
    const folder = desktop.folders.shift() ?? null
    return { canceled: folder === null, filePaths: folder === null ? [] : [folder] }
  },
  showMessageBox: async (_window: unknown, { message }: { message: string }) => {
    desktop.asked.push(message)
    return { response: desktop.buttons.shift() ?? 0 }
  },
  showErrorBox: (title: string, content: string) => void desktop.asked.push(`${title}: ${content}`),
}

export const webUtils = { getPathForFile: (file: File) => `/dropped/${file.name}` }

export const utilityProcess = {
  fork: (path: string, _args: string[], options: { env: NodeJS.ProcessEnv }) => new UtilityProcess(path, options.env),
}

export const contextBridge = {
  exposeInMainWorld: (name: string, value: unknown) => {
    desktop.world[name] = bridged(value)
  },
}

/** What the page gets: functions whose arguments (Files apart), answers and errors are copies; of an Error only its message. */
function bridged(value: unknown): unknown {
  if (typeof value === 'function') {
    const original = value as (...args: unknown[]) => unknown
    return (...args: unknown[]) => {
      const copies = args.map((argument) => {
        if (argument instanceof File) return argument
        return typeof argument === 'function' ? bridged(argument) : crossing(argument)
      })
      const answer = original(...copies)
      if (!(answer instanceof Promise)) return bridged(answer)
      return answer.then(crossing, (error: unknown) =>
        Promise.reject(error instanceof Error ? new Error(error.message) : crossing(error)),
      )
    }
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bridged(inner)]))
}
