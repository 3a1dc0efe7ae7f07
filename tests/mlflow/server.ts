/** A real MLflow server, and MLflow's scoring server, for the length of the tests. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { delimiter, dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pythonEnvironment, type PythonEnvironment } from '../../scripts/python.ts'

export const environment = await pythonEnvironment({
  name: 'mlflow',
  requirements: fileURLToPath(new URL('requirements.txt', import.meta.url)),
})
export const notRun =
  'NOT RUN AGAINST A REAL MLFLOW SERVER: there is no Python 3.10 or later (with venv) on this machine.'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

export interface RunningServer {
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

/** Starts a program and waits until its /health, under `prefix`, answers; its output is shown when it ends before. */
async function start(
  python: PythonEnvironment,
  args: string[],
  cwd: string,
  { port, prefix = '' }: { port: number; prefix?: string | undefined },
): Promise<RunningServer> {
  const child: ChildProcess = spawn(python.program('mlflow'), args, {
    cwd,
    // A group of its own: MLflow starts uvicorn, which would be left behind.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: `${dirname(python.program('python'))}${delimiter}${process.env['PATH'] ?? ''}`,
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      MLFLOW_DISABLE_TELEMETRY: 'true',
    },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text))
  const ended = once(child, 'close')
  const url = `http://127.0.0.1:${port}${prefix}`
  const healthy = async () => (await fetch(`${url}/health`).catch(() => null))?.ok === true
  while (!(await healthy())) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`mlflow ${args.join(' ')} ended:\n${output}`)
    }
    await delay(200)
  }
  return {
    url,
    port,
    stop: async () => {
      const isAlive = child.exitCode === null && child.signalCode === null
      if (isAlive && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      await ended
    },
  }
}

/** @param folder empty, or the one that an earlier server has left its store in */
export async function startMlflow(
  python: PythonEnvironment,
  folder: string,
  options: { port?: number; args?: string[]; prefix?: string } = {},
): Promise<RunningServer> {
  const port = options.port ?? (await freePort())
  const args = ['server', '--backend-store-uri', 'sqlite:///m.db', '--artifacts-destination', './art']
  const where = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1']
  const { prefix } = options
  const under = prefix === undefined ? [] : ['--static-prefix', prefix]
  return start(python, [...args, ...where, ...under, ...(options.args ?? [])], folder, { port, prefix })
}

/** `mlflow models serve` on a model's folder. */
export async function serveModel(python: PythonEnvironment, model: string, cwd: string): Promise<RunningServer> {
  const port = await freePort()
  const where = ['--env-manager', 'local', '-h', '127.0.0.1', '-p', String(port)]
  return start(python, ['models', 'serve', '-m', model, ...where], cwd, { port })
}
