import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { FleuronError } from '../../shared/errors.ts'

/**
 * A password or token from the environment, else asked for on the terminal, where it is not shown. It is never an
 * argument: those can be read by everybody on the computer.
 * @throws FleuronError 'invalid-input' where there is neither
 */
export async function askSecret(what: string, variable: string): Promise<string> {
  const given = process.env[variable]
  if (given) return given
  if (!process.stdin.isTTY) {
    throw new FleuronError('invalid-input', `The ${what} is wanted; set it in the environment variable ${variable}.`)
  }
  process.stderr.write(`${what[0]?.toUpperCase()}${what.slice(1)}: `)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const questions = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    return await questions.question('')
  } finally {
    questions.close()
    process.stderr.write('\n')
  }
}
