import { writeModel } from '../graph/index.ts'
import { openSession } from './session.ts'
import type { Resident, Session } from './session.ts'

function openCopies(shapes: ReadonlyMap<string, readonly number[]>): Promise<Session> {
  const named = [...shapes].map(([name, shape], index) => ({ name, shape, own: `value ${index}` }))
  const model = writeModel({
    nodes: named.map(({ name, own }) => ({ op: 'Identity', inputs: [own], outputs: [name] })),
    initializers: [],
    inputs: named.map(({ own, shape }) => ({ name: own, shape, dtype: 'float32' })),
    outputs: named.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })),
  })
  return openSession(model, { device: 'webgpu' })
}

/**
 * Values that stay in WebGPU's memory, by name, in plain arrays: as the outputs of a graph that does nothing to them. The
 * library's own way to read such a tensor ends the process (onnxruntime-node 1.30).
 */
export async function bringHome(residents: ReadonlyMap<string, Resident>): Promise<Map<string, Float32Array>> {
  const session = await openCopies(new Map([...residents].map(([name, { shape }]) => [name, shape])))
  const feeds = Object.fromEntries([...residents.values()].map((value, index) => [`value ${index}`, value]))
  const values = await session.run(feeds)
  await session.close()
  return new Map(Object.entries(values).map(([name, { data }]) => [name, data as Float32Array]))
}
