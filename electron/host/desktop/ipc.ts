import { ipcMain, type BrowserWindow, type IpcMainEvent } from 'electron'
import type { Contract } from '../../../shared/contract.ts'
import { openConnection, type Connection } from '../connection.ts'
import { isOwnAddress } from './origin.ts'

/** The one channel between the window and the main process; the preload script has its other end. */
export const channel = 'fleuron'

/** Serves the contract to a window. A page that is loaded anew begins a connection of its own. */
export function serveWindow(services: Contract, window: BrowserWindow): () => void {
  let connection: Connection | undefined
  const begin = () => {
    connection?.close()
    connection = openConnection(services, (message) => {
      if (!window.isDestroyed()) window.webContents.send(channel, message)
    })
  }
  const receive = (event: IpcMainEvent, message: unknown) => {
    if (isFromWindow(event, window)) connection?.receive(message)
  }
  const navigated = ({ isMainFrame, isSameDocument }: { isMainFrame: boolean; isSameDocument: boolean }) => {
    if (isMainFrame && !isSameDocument) begin()
  }
  window.webContents.on('did-start-navigation', navigated)
  ipcMain.on(channel, receive)
  begin()
  return () => {
    ipcMain.off(channel, receive)
    connection?.close()
  }
}

/** Our page in the main frame of our window, and nobody else. */
const isFromWindow = ({ sender, senderFrame }: IpcMainEvent, window: BrowserWindow): boolean =>
  sender === window.webContents && senderFrame === window.webContents.mainFrame && isOwnAddress(senderFrame?.url)
