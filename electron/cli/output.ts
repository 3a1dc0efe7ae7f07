/** Where results go: for people as text, for programs as one JSON document. Progress and mistakes go to stderr. */
export interface Output {
  /** Text for people; nothing when JSON was asked for. */
  line(text: string): void
  /** A sentence that is worth knowing beside the result. */
  warn(text: string): void
  /** The result, printed as JSON when that was asked for. */
  result(value: unknown): void
}

/** Text without what would steer the terminal or turn its writing round: names of files may hold anything. */
export const printable = (text: string): string => text.replace(/(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\uFFFD')

const warn = (text: string): void => void process.stderr.write(`${printable(text)}\n`)

export const output = (json: boolean): Output =>
  json
    ? { line() {}, warn, result: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`) }
    : { line: (text) => void process.stdout.write(`${printable(text)}\n`), warn, result() {} }
