import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { toErrorValue } from '../shared/errors.ts'
import { createClient, createClientEnd, type ServerMessage } from '../shared/transport.ts'

/** Puts `window.fleuron` and `window.fleuronPathOf` into the page; this is all that the page gets of Electron. */
const end = createClientEnd((message) => ipcRenderer.send('fleuron', message))
ipcRenderer.on('fleuron', (_event, message: ServerMessage) => end.receive(message))

contextBridge.exposeInMainWorld(
  'fleuron',
  createClient({
    ...end,
    // The bridge keeps of an Error its message only, of a plain object everything.
    call: (service, method, input) =>
      end.call(service, method, input).catch((error: unknown) => Promise.reject(toErrorValue(error))),
  }),
)

contextBridge.exposeInMainWorld('fleuronPathOf', (file: File) => webUtils.getPathForFile(file))
