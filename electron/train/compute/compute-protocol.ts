/** What the main process and the compute process say to each other. */
import type { ErrorValue } from '../../../shared/errors.ts'

/** The name of a kind of job; its type carries what goes in, what is told on the way, and what comes out. */
export interface JobName<Input, Event, Result> {
  readonly name: string
  /** Never set: holds the types. */
  readonly types?: { readonly input: Input; readonly event: Event; readonly result: Result }
}

/** Declares a job, e.g. `const trainJob = jobName<TrainInput, TrainEvent, TrainResult>('train')`. */
export const jobName = <Input, Event, Result>(name: string): JobName<Input, Event, Result> => ({ name })

/** What a running job has beside its input. Everything that crosses is copied by structured clone. */
export interface JobContext<Event> {
  emit(event: Event): void
  /** Aborted when the job is cancelled: throw `FleuronError('cancelled', …)`, most easily by `breathe`. */
  readonly signal: AbortSignal
  /** Aborted when the job shall end early and keep what it has; its reason says how, where there is more than one way. */
  readonly stop: AbortSignal
  /**
   * Lets messages in and throws FleuronError 'cancelled' when the job was cancelled. ONNX Runtime blocks the thread
   * while it computes, so a job calls this after every batch.
   */
  breathe(): Promise<void>
}

export type JobHandler<Input, Event, Result> = (input: Input, context: JobContext<Event>) => Promise<Result>

/** A job and who does it, with the types folded away: what `compute.ts` is made of. */
export interface ServedJob {
  readonly name: string
  readonly handler: JobHandler<unknown, unknown, unknown>
}

export const serveJob = <Input, Event, Result>(
  job: JobName<Input, Event, Result>,
  handler: JobHandler<Input, Event, Result>,
): ServedJob => ({ name: job.name, handler: handler as JobHandler<unknown, unknown, unknown> })

export type ToCompute =
  | { readonly kind: 'start'; readonly id: number; readonly job: string; readonly input: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'stop'; readonly id: number; readonly how: unknown }

export type FromCompute =
  | { readonly kind: 'event'; readonly id: number; readonly event: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorValue }

/** How a process ended: an exit code, or the signal that ended it. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: string | null
  /** The last that it wrote to standard error, where that was read. */
  readonly lastWords?: string
}

/** The compute process as its client sees it. */
export interface ComputeProcess {
  send(message: ToCompute): void
  onMessage(listener: (message: FromCompute) => void): void
  /** Called once, also when the process could not be started (then with the reason in `error`). */
  onEnd(listener: (end: ProcessEnd, error?: Error) => void): void
  /** Ends it at once, whatever it is doing. */
  kill(): void
}

/** Starts a compute process: `child_process.fork` under Node, `utilityProcess.fork` on the desktop. */
export type ComputeLauncher = () => ComputeProcess
