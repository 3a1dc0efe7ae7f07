/**
 * What goes wrong, as a value that crosses from the main process to the window and to the command line.
 * `message` is one sentence for the user: the cause, then the remedy. `details` fold out beneath it.
 */
export const errorCodes = [
  'invalid-input', // the caller's arguments do not fit the contract
  'not-found', // a project, photo, class, run, folder or file that is not there
  'not-permitted', // the operating system refuses
  'unreadable', // a file that cannot be decoded or parsed
  'conflict', // the request contradicts what is there (a class name taken, Rose beside rose)
  'in-use', // another process or window holds it
  'not-ready', // something has to be done first (labels, weights, a trained model)
  'offline', // needs the network and has none
  'cancelled', // the user stopped it
  'compute-failed', // the compute process ended, or training diverged
  'internal', // a fault of ours
] as const

export type ErrorCode = (typeof errorCodes)[number]

export interface ErrorValue {
  code: ErrorCode
  message: string
  details?: string
}

export class FleuronError extends Error {
  readonly code: ErrorCode
  readonly details: string | undefined

  constructor(code: ErrorCode, message: string, options: { details?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'FleuronError'
    this.code = code
    this.details = options.details
  }

  toValue(): ErrorValue {
    return this.details === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, details: this.details }
  }

  static fromValue(value: ErrorValue): FleuronError {
    return new FleuronError(value.code, value.message, value.details === undefined ? {} : { details: value.details })
  }
}

/** Any thrown thing as a value; what is not ours is said to be a fault of ours, with its stack in the details. */
export function toErrorValue(error: unknown): ErrorValue {
  if (error instanceof FleuronError) return error.toValue()
  const text = error instanceof Error ? error.message : String(error)
  return {
    code: 'internal',
    message: `Fleuron made a mistake (${text}). Your photos and labels are safe; try again, and report it if it comes back.`,
    ...(error instanceof Error && error.stack ? { details: error.stack } : {}),
  }
}

/** Closes a switch: a case that was forgotten does not compile. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`)
}
