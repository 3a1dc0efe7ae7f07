/** The one way from the window to the main process. */
import { createClient } from '../shared/transport.ts'
import { channelPath, connectWebSocket, type ConnectionState } from '../shared/websocket.ts'
import type { Contract } from '../shared/contract.ts'
import { errorCodes, toErrorValue, type ErrorCode, type ErrorValue } from '../shared/errors.ts'

declare global {
  interface Window {
    /** Put there by the preload script of the desktop host, or by `connect` in a browser. */
    fleuron?: Contract
    /** On the desktop: where a file or folder lies that the user dropped on the window. */
    fleuronPathOf?: (file: File) => string
  }
}

/** Finds the main process: on the desktop it is there already, in a browser it is behind a WebSocket. */
export function connect(onState: (state: ConnectionState) => void): void {
  if (window.fleuron) return
  const url = new URL(channelPath, location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  url.hash = ''
  window.fleuron = createClient(connectWebSocket(url, onState))
}

export function fleuron(): Contract {
  if (!window.fleuron) throw new Error('The window was used before it was connected.')
  return window.fleuron
}

const isCode = (code: unknown): code is ErrorCode => errorCodes.some((known) => known === code)

/** What a rejected call says. A host may hand over a FleuronError or, where classes do not cross, its value. */
export function errorValue(error: unknown): ErrorValue {
  if (typeof error === 'object' && error !== null && 'code' in error && 'message' in error) {
    const { code, message } = error
    const details = 'details' in error && typeof error.details === 'string' ? error.details : undefined
    if (isCode(code) && typeof message === 'string')
      return details === undefined ? { code, message } : { code, message, details }
  }
  return toErrorValue(error)
}
