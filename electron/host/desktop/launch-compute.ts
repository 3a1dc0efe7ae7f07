import { utilityProcess } from 'electron'
import { fileURLToPath } from 'node:url'
import { entryUrl } from '../../entries.ts'
import type { ComputeLauncher, FromCompute, ProcessEnd } from '../../train/compute/compute-protocol.ts'
import { computeEnvironment } from '../../train/compute/fork-compute.ts'

/** The compute process as a utilityProcess: Node without a window, from Electron's own program. */
export const launchComputeUtility: ComputeLauncher = () => {
  const child = utilityProcess.fork(fileURLToPath(entryUrl('compute')), [], {
    serviceName: 'Fleuron compute',
    env: computeEnvironment(),
    stdio: 'inherit',
  })
  let end: ProcessEnd | undefined
  const listeners: ((end: ProcessEnd) => void)[] = []
  child.once('exit', (code) => {
    end = { code, signal: null }
    for (const listener of listeners) listener(end)
  })
  return {
    send: (message) => child.postMessage(message),
    onMessage: (listener) => void child.on('message', (message: FromCompute) => listener(message)),
    onEnd: (listener) => {
      if (end) listener(end)
      else listeners.push(listener)
    },
    kill: () => void child.kill(),
  }
}
