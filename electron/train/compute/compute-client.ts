import { FleuronError } from '../../../shared/errors.ts'
import type { ComputeLauncher, ComputeProcess, FromCompute, JobName, ProcessEnd } from './compute-protocol.ts'
import { memoryKills } from './memory-kills.ts'

export interface RunOptions<Event> {
  readonly onEvent?: ((event: Event) => void) | undefined
  /** Cancels: the promise is rejected with FleuronError 'cancelled' once the job has let go. */
  readonly signal?: AbortSignal | undefined
  /** Asks the job to end early and keep what it has; its reason, which must be a string, says how. */
  readonly stop?: AbortSignal | undefined
}

interface RunningJob {
  onEvent(event: unknown): void
  resolve(result: unknown): void
  reject(error: unknown): void
}

/** The compute process ended under its work: nothing is wrong with what it was asked. */
export class ProcessEnded extends FleuronError {
  /** The system ended it because memory ran out, and says so. */
  readonly forMemory: boolean

  constructor(message: string, options: { details?: string; cause?: unknown; forMemory?: boolean }) {
    super('compute-failed', message, options)
    this.forMemory = options.forMemory ?? false
  }
}

/** Runs jobs in the compute process, which is started on first use and again after it has died. */
export class ComputeClient {
  readonly #launch: ComputeLauncher
  readonly #jobs = new Map<number, RunningJob>()
  #process: ComputeProcess | null = null
  #ended: Promise<void> = Promise.resolve()
  #closed = false
  #lastId = 0

  constructor(launch: ComputeLauncher) {
    this.#launch = launch
  }

  /**
   * @throws FleuronError whatever the job throws; 'cancelled' by the signal or by `close`; 'compute-failed' when the
   *   process ends under it
   */
  async run<Input, Event, Result>(
    job: JobName<Input, Event, Result>,
    input: Input,
    options: RunOptions<Event> = {},
  ): Promise<Result> {
    if (this.#closed) throw closing()
    const { onEvent, signal, stop } = options
    if (signal?.aborted) throw new FleuronError('cancelled', 'This was cancelled before it began.')
    const id = ++this.#lastId
    const process = (this.#process ??= this.#start())
    const cancel = (): void => process.send({ kind: 'cancel', id })
    const end = (): void => process.send({ kind: 'stop', id, how: String(stop?.reason) })
    try {
      return await new Promise<Result>((resolve, reject) => {
        this.#jobs.set(id, {
          onEvent: (event) => onEvent?.(event as Event),
          resolve: (result) => resolve(result as Result),
          reject,
        })
        process.send({ kind: 'start', id, job: job.name, input })
        signal?.addEventListener('abort', cancel)
        stop?.addEventListener('abort', end)
        if (stop?.aborted) end()
      })
    } catch (error) {
      // Ctrl+C in a terminal reaches the process too, and ends it when it has only begun.
      if (signal?.aborted && error instanceof ProcessEnded) throw stopped(error)
      throw error
    } finally {
      this.#jobs.delete(id)
      signal?.removeEventListener('abort', cancel)
      stop?.removeEventListener('abort', end)
    }
  }

  /** Ends the process, whose jobs are rejected as if it had died; the next job gets a fresh one. */
  async renew(): Promise<void> {
    this.#process?.kill()
    await this.#ended
  }

  /** Ends the process and waits until it is gone; running jobs are rejected as cancelled. */
  async close(): Promise<void> {
    this.#closed = true
    this.#rejectAll(closing())
    this.#process?.kill()
    await this.#ended
  }

  #start(): ComputeProcess {
    const process = this.#launch()
    const killsBefore = memoryKills()
    process.onMessage((message) => this.#receive(message))
    this.#ended = new Promise((resolve) => {
      process.onEnd((end, error) => {
        if (this.#process === process) this.#process = null
        this.#rejectAll(processEnded(end, memoryKills() > killsBefore, error))
        resolve()
      })
    })
    return process
  }

  #receive(message: FromCompute): void {
    const job = this.#jobs.get(message.id)
    switch (message.kind) {
      case 'event':
        return job?.onEvent(message.event)
      case 'result':
        return job?.resolve(message.result)
      case 'error':
        return job?.reject(FleuronError.fromValue(message.error))
    }
  }

  #rejectAll(error: FleuronError): void {
    for (const job of this.#jobs.values()) job.reject(error)
    this.#jobs.clear()
  }
}

const closing = (): FleuronError => new FleuronError('cancelled', 'Fleuron is closing; start this again next time.')

const stopped = (cause: FleuronError): FleuronError =>
  new FleuronError('cancelled', 'This was stopped at your request.', { cause })

const memoryRemedy = 'close other programs or choose smaller batches, then start this again'

/** What can be told from how the process ended. */
function processEnded({ code, signal, lastWords }: ProcessEnd, forMemory: boolean, error?: Error): ProcessEnded {
  if (error) {
    return new ProcessEnded(
      'The compute process could not be started; start this again, and reinstall Fleuron if that does not help.',
      { details: error.message, cause: error },
    )
  }
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`
  const details = [`The process ended with ${how}.`, lastWords?.trim()].filter(Boolean).join('\n')
  // The kernel ends what takes too much memory by SIGKILL (a shell says 137), V8 ends itself by SIGABRT (134).
  if (signal === 'SIGKILL' || code === 137) {
    const message = forMemory
      ? `The system ended the compute process (${how}) because memory ran out; ${memoryRemedy}.`
      : `The compute process was ended from outside (${how}), most likely because memory ran out; ${memoryRemedy}.`
    return new ProcessEnded(message, { details, forMemory })
  }
  if (signal === 'SIGABRT' || code === 134) {
    const message = `The compute process ran out of memory (${how}); ${memoryRemedy}.`
    return new ProcessEnded(message, { details })
  }
  const message = `The compute process ended unexpectedly (${how}); start this again, and report it if it comes back.`
  return new ProcessEnded(message, { details })
}
