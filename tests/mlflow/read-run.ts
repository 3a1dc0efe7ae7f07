import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { PythonEnvironment } from '../../scripts/python.ts'

const script = fileURLToPath(new URL('read_run.py', import.meta.url))

/** What MLflow's own client says of a run, by its id in Fleuron; `images` are shown to the model `flowers@latest-run`. */
export const readRun = (
  python: PythonEnvironment,
  server: { url: string },
  run: string,
  images: unknown = null,
): Promise<Record<string, unknown>> =>
  new Promise((resolve, reject) => {
    const args = [script, server.url, run]
    const child = execFile(python.program('python'), args, { maxBuffer: 1e8 }, (error, stdout, stderr) =>
      error ? reject(new Error(stderr, { cause: error })) : resolve(JSON.parse(stdout) as Record<string, unknown>),
    )
    child.stdin?.end(JSON.stringify(images))
  })
