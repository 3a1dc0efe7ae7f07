import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Rank, TensorBuffer } from '@tensorflow/tfjs-core'
import { describe, test } from 'vitest'

/** The reference data beside the repository, or wherever FLEURON_SHARED says. Tests read it; nothing is copied. */
export const sharedFolder = resolve(process.env['FLEURON_SHARED'] ?? '../shared')

/** Reads a JSON file of the reference data. */
export function readShared<T>(path: string): T {
  return JSON.parse(readFileSync(join(sharedFolder, path), 'utf8')) as T
}

/**
 * A suite on reference data. Its title says which file was used; without that file the suite is skipped, and standard
 * error says so.
 */
export function describeShared(title: string, path: string, suite: () => void): void {
  if (existsSync(join(sharedFolder, path))) {
    describe(`${title} (against ${path})`, suite)
    return
  }
  process.stderr.write(`NOT RUN: ${title}. There is no ${join(sharedFolder, path)}.\n`)
  test.skip(`${title}: there is no ${path}`, () => {})
}

type TensorFlow = typeof import('@tensorflow/tfjs-core')
let tensorFlow: Promise<TensorFlow> | undefined

/**
 * TensorFlow as tests have it. tfjs-node-gpu cannot be installed here: the processor of tfjs-core, which has the same
 * kernels, takes the place of its library.
 */
export const loadTensorFlow = (): Promise<TensorFlow> => (tensorFlow ??= loadProcessor())

async function loadProcessor(): Promise<TensorFlow> {
  const tf = await import('@tensorflow/tfjs-core')
  await import('@tensorflow/tfjs-backend-cpu')
  await tf.setBackend('cpu')
  // Its gradient of a filter asks twice for each product, and takes nearly all its time to walk through the places
  // that it names as through a list of any length. The same strides lead to the same number at once.
  const buffer: TensorBuffer<Rank> = tf.TensorBuffer.prototype
  const { get } = buffer
  buffer.get = function (this: TensorBuffer<Rank>, a: number, b: number, c: number, d: number) {
    const { strides, values } = this
    if (strides.length !== 3) return get.apply(this, [a, b, c, d].slice(0, this.rank))
    return values[a * strides[0]! + b * strides[1]! + c * strides[2]! + d]!
  }
  return tf
}
