/** One side of a comparison: a process of its own that works when it is asked to, one JSON line for each it reads. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Side {
  /** Sends a line and waits for the answer. Throws when the process ends instead. */
  ask(question: unknown): Promise<Record<string, number>>
  close(): void
}

export function startSide(command: string, args: readonly string[]): Side {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error(`${command} ${args[0]} ended without an answer.`)
      return JSON.parse(value) as Record<string, number>
    },
    close: () => child.stdin.end(),
  }
}
