import { createRequire } from 'node:module'
import util from 'node:util'

/**
 * What the executor needs of TensorFlow.js: its core, which `@tensorflow/tfjs-node-gpu`, `tfjs-node` and the backends of
 * the tests share.
 */
export type TensorFlow = typeof import('@tensorflow/tfjs-core')

/** A name that bundlers leave alone: the package is optional and never installed with Fleuron. */
const packageName: string = '@tensorflow/tfjs-node-gpu'

let loaded: Promise<TensorFlow> | undefined

/** Whether the package is there, be its library loadable or not. */
function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve(packageName)
    return true
  } catch {
    return false
  }
}

/** @throws Error with the reason and the remedy when the package is not installed or its library does not load */
export function loadTensorFlow(): Promise<TensorFlow> {
  loaded ??= load().catch((error: unknown) => {
    loaded = undefined
    throw error
  })
  return loaded
}

async function load(): Promise<TensorFlow> {
  // tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed.
  if (!('isNullOrUndefined' in util)) {
    Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined })
  }
  try {
    const library = (await import(packageName)) as TensorFlow & { default?: TensorFlow }
    const tensorflow = library.default ?? library
    await tensorflow.ready()
    return tensorflow
  } catch (error) {
    const missing = !isInstalled()
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new Error(
      missing
        ? 'TensorFlow is not installed; add the package @tensorflow/tfjs-node-gpu (Linux and Windows on x64, CUDA 11) to use it.'
        : `TensorFlow does not load on this machine: ${reason} It needs Linux or Windows on x64 with CUDA 11.`,
      { cause: error },
    )
  }
}
