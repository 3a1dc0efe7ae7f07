import type { ComputeLauncher, JobName } from './compute-protocol.ts'

export interface RunOptions<Event> {
  readonly onEvent?: ((event: Event) => void) | undefined
  /** Cancels: the promise is rejected with FleuronError 'cancelled' once the job has let go. */
  readonly signal?: AbortSignal | undefined
  /** Asks the job to end early and keep what it has. */
  readonly stop?: AbortSignal | undefined
}

/** Runs jobs in the compute process, which is started on first use and again after it has died. */
export declare class ComputeClient {
  constructor(launch: ComputeLauncher)
  /** Errors: whatever the job throws, as FleuronError; 'compute-failed' when the process ends under it. */
  run<Input, Event, Result>(
    job: JobName<Input, Event, Result>,
    input: Input,
    options?: RunOptions<Event>,
  ): Promise<Result>
  /** Ends the process; running jobs are rejected as cancelled. */
  close(): Promise<void>
}

/** The compute process as a child of Node, with the structured clone of `serialization: 'advanced'`. */
export declare const forkComputeProcess: ComputeLauncher
