import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { entryUrl } from '../../entries.ts'
import type { ComputeLauncher, FromCompute, ProcessEnd } from './compute-protocol.ts'

/** libuv's threads, which decode: as many as the cores, and never fewer than its own default. Read when it starts. */
export const computeEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism())),
})

/** Starts an entry as a child of Node, with the structured clone of `serialization: 'advanced'`. */
export const forkProcess =
  (entry: URL): ComputeLauncher =>
  () => {
    const child = fork(entry, {
      serialization: 'advanced',
      env: computeEnvironment(),
      // Native libraries print what they like: nothing of it belongs among the lines of the command line.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    })
    let lastWords = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-4000)
    })
    const listeners: ((end: ProcessEnd, error?: Error) => void)[] = []
    let ended: { end: ProcessEnd; error?: Error } | undefined
    const finish = (end: ProcessEnd, error?: Error): void => {
      if (ended) return
      ended = error ? { end, error } : { end }
      for (const listener of listeners) listener(end, error)
    }
    // 'close' comes after 'exit', when all that was written has been read.
    child.on('close', (code, signal) => finish({ code, signal, lastWords }))
    child.on('error', (error) => {
      // Also raised when a message cannot be sent: then the end of the process tells more.
      if (child.pid === undefined) finish({ code: null, signal: null }, error)
    })
    return {
      send: (message) => {
        // A closed channel means that the process is ending, which is told by onEnd.
        if (child.connected) child.send(message, () => undefined)
      },
      onMessage: (listener) => void child.on('message', (message) => listener(message as FromCompute)),
      onEnd: (listener) => {
        if (ended) listener(ended.end, ended.error)
        else listeners.push(listener)
      },
      kill: () => void child.kill(),
    }
  }

/** The compute process as a child of Node. */
export const forkComputeProcess: ComputeLauncher = forkProcess(entryUrl('compute'))
