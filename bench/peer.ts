/** The peers that are written in Python: PyTorch, timm, torchvision. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pythonEnvironment } from '../scripts/python.ts'
import { startSide, type Side } from './side.ts'

const folder = fileURLToPath(new URL('peers/', import.meta.url))

let python: Promise<string | null> | undefined

/** The interpreter (some 4 GB of packages); null, said aloud, where this machine has none. */
async function peerPython(): Promise<string | null> {
  const requirements = join(folder, 'requirements.txt')
  const environment = await pythonEnvironment({ name: 'peers', requirements, pip: ['--no-deps', '--no-cache-dir'] })
  if (environment !== null) return environment.program('python')
  process.stderr.write('NOT MEASURED BESIDE PYTORCH: there is no Python 3.10 or later (with venv) on this machine.\n')
  return null
}

/** An interpreter with ONNX Runtime and its quantiser; null where there is no Python. */
export async function onnxPython(): Promise<string | null> {
  const requirements = join(folder, 'onnx-requirements.txt')
  const environment = await pythonEnvironment({ name: 'onnx', requirements })
  return environment?.program('python') ?? null
}

/** Starts a script of peers/; null where there is no Python. */
export async function startPeer(script: string, args: readonly string[]): Promise<Side | null> {
  python ??= peerPython()
  const interpreter = await python
  return interpreter === null ? null : startSide(interpreter, [join(folder, script), ...args])
}
