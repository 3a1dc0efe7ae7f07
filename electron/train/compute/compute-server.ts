import { setImmediate as nextTurn } from 'node:timers/promises'
import { FleuronError, toErrorValue } from '../../../shared/errors.ts'
import type { FromCompute, ServedJob, ToCompute } from './compute-protocol.ts'

/** The compute process's own end of the line. */
export interface ComputeChannel {
  send(message: FromCompute): void
  onMessage(listener: (message: ToCompute) => void): void
}

interface Running {
  readonly cancel: AbortController
  readonly stop: AbortController
}

const cancelled = (): FleuronError => new FleuronError('cancelled', 'This was stopped at your request.')

/** Answers the messages of a ComputeClient with these jobs; several may run in turns. */
export function serveJobs(channel: ComputeChannel, jobs: readonly ServedJob[]): void {
  const handlers = new Map(jobs.map((job) => [job.name, job.handler]))
  const running = new Map<number, Running>()

  const start = async (id: number, name: string, input: unknown): Promise<void> => {
    const { cancel, stop } = { cancel: new AbortController(), stop: new AbortController() }
    running.set(id, { cancel, stop })
    try {
      const handler = handlers.get(name)
      if (!handler) throw new Error(`there is no job called ${name}`)
      const result = await handler(input, {
        emit: (event) => channel.send({ kind: 'event', id, event }),
        signal: cancel.signal,
        stop: stop.signal,
        breathe: async () => {
          await nextTurn()
          cancel.signal.throwIfAborted()
        },
      })
      channel.send({ kind: 'result', id, result })
    } catch (error) {
      // Whatever a cancelled job ends with, e.g. a decoder that was closed under it, it was cancelled.
      channel.send({ kind: 'error', id, error: toErrorValue(cancel.signal.aborted ? cancelled() : error) })
    } finally {
      running.delete(id)
    }
  }

  channel.onMessage((message) => {
    switch (message.kind) {
      case 'start':
        void start(message.id, message.job, message.input)
        return
      case 'cancel':
        running.get(message.id)?.cancel.abort(cancelled())
        return
      case 'stop':
        running.get(message.id)?.stop.abort(message.how)
        return
    }
  })
}

/** What Electron puts into `process` of a utilityProcess. */
interface ParentPort {
  on(event: 'message', listener: (event: { data: unknown }) => void): void
  postMessage(message: unknown): void
}

/** The line to the parent: Electron's port in a utilityProcess, Node's own in a child process. */
export function parentChannel(): ComputeChannel {
  const port = (process as NodeJS.Process & { parentPort?: ParentPort }).parentPort
  if (port) {
    return {
      send: (message) => port.postMessage(message),
      onMessage: (listener) => port.on('message', ({ data }) => listener(data as ToCompute)),
    }
  }
  // Ctrl+C in a terminal reaches the child too: what becomes of the work is for the parent to say.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
  // A child whose parent is gone has nobody to compute for.
  process.on('disconnect', () => process.exit())
  return {
    send: (message) => void process.send?.(message),
    onMessage: (listener) => void process.on('message', (message) => listener(message as ToCompute)),
  }
}
