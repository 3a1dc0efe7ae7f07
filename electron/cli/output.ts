/** Where results go: for people as text, for programs as one JSON document. Progress and mistakes go to stderr. */
export interface Output {
  /** Text for people; nothing when JSON was asked for. */
  line(text: string): void
  /** A sentence that is worth knowing beside the result. */
  warn(text: string): void
  /** The result, printed as JSON when that was asked for. */
  result(value: unknown): void
}

const warn = (text: string): void => void process.stderr.write(`${text}\n`)

export const output = (json: boolean): Output =>
  json
    ? { line() {}, warn, result: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`) }
    : { line: (text) => void process.stdout.write(`${text}\n`), warn, result() {} }
