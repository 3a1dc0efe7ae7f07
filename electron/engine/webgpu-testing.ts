/** A process whose environment has SwiftShader, which must be there before it starts: runs models on WebGPU. */
import { fork, type ChildProcess } from 'node:child_process'
import { swiftShaderEnvironment } from '../../scripts/unpack.ts'
import { openSession } from './runtime/index.ts'
import type { TensorValue } from './runtime/index.ts'

interface Order {
  readonly model: Uint8Array
  readonly feeds: Readonly<Record<string, TensorValue>>
}
type Answer = { readonly values: Readonly<Record<string, TensorValue>> } | { readonly error: string }

async function answer({ model, feeds }: Order): Promise<Answer> {
  try {
    const session = await openSession(model, { device: 'webgpu' })
    const values = await session.run(Object.fromEntries(session.inputNames.map((name) => [name, feeds[name]!])))
    await session.close()
    return { values }
  } catch (error) {
    return { error: String(error) }
  }
}

/** Runs one model after the other there; null where there is no SwiftShader. */
export async function startWebGpu(): Promise<
  ({ run(order: Order): Promise<Readonly<Record<string, TensorValue>>> } & Disposable) | null
> {
  const environment = await swiftShaderEnvironment()
  if (environment === null) return null
  const child: ChildProcess = fork(import.meta.filename, {
    serialization: 'advanced',
    env: { ...process.env, ...environment },
    execArgv: [],
  })
  return {
    run: (order) =>
      new Promise((resolve, reject) => {
        const onExit = (): void => reject(new Error('the process on SwiftShader ended'))
        child.once('exit', onExit)
        child.once('message', (found: Answer) => {
          child.off('exit', onExit)
          if ('values' in found) resolve(found.values)
          else reject(new Error(found.error))
        })
        child.send(order)
      }),
    [Symbol.dispose]: () => void child.kill(),
  }
}

if (process.send && process.argv[1] === import.meta.filename) {
  process.on('message', (order: Order) => void answer(order).then((found) => process.send?.(found)))
  process.on('disconnect', () => process.exit())
}
