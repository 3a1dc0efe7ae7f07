import { writeModel } from '../graph/index.ts'
import { openSession } from './session.ts'

let found: Promise<number | undefined> | undefined

/** How many channels this processor's fast convolutions take at a time: 8 or 16, or nothing where it has none. */
export function channelBlock(): Promise<number | undefined> {
  found ??= probe()
  return found
}

/** Eight channels come out of the reordering as eight or, filled up, as sixteen. */
async function probe(): Promise<number | undefined> {
  const model = writeModel({
    nodes: [
      { op: 'ReorderInput', inputs: ['x'], outputs: ['blocked'], domain: 'com.microsoft.nchwc' },
      { op: 'Shape', inputs: ['blocked'], outputs: ['shape'] },
    ],
    initializers: [],
    inputs: [{ name: 'x', shape: [1, 8, 1, 1], dtype: 'float32' }],
    outputs: [{ name: 'shape', shape: [4], dtype: 'int64' }],
  })
  try {
    const session = await openSession(model, { threads: 1, optimization: 'disabled' })
    const { shape } = await session.run({ x: { data: new Float32Array(8), shape: [1, 8, 1, 1] } })
    await session.close()
    const block = Number(shape?.data[1])
    return block === 8 || block === 16 ? block : undefined
  } catch {
    return undefined
  }
}
