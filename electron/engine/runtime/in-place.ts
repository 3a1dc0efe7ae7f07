import { isInput, reachable } from '../graph/index.ts'
import type { Tensor } from '../graph/index.ts'
import type { StepGraph } from './training-graph.ts'

/** Operators that read a value element by element and are done with it: none gives out its memory under another name. */
const reading = new Set(['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'sqrt', 'isPositive', 'neg'])
/** Of these, the ones that may write where they read. */
const writing = new Set(['add', 'sub', 'mul'])

function ancestors(tensor: Tensor): Set<Tensor> {
  return new Set(reachable([tensor]))
}

/**
 * Whether the new value may be written where the old one stands: all that reads the old one is needed for the new one,
 * and hence done before. The memory of an optimiser is of that kind; a weight is not, as the layers below need it later.
 */
function overwrites(name: string, next: Tensor, users: ReadonlyMap<string, readonly Tensor[]>): boolean {
  if (!writing.has(next.op)) return false
  const readers = users.get(name) ?? []
  const before = ancestors(next)
  return readers.every((reader) => reading.has(reader.op) && before.has(reader))
}

/** What is carried from step to step and cannot be written where it is read. */
export function needingSecondPlace(graphs: readonly StepGraph[]): Set<string> {
  const apart = new Set<string>()
  for (const { outputs, carried } of graphs) {
    const users = new Map<string, Tensor[]>()
    const all = reachable(Object.values(outputs))
    for (const tensor of all) {
      for (const input of tensor.inputs) {
        if (!isInput(input)) continue
        const { name } = input.attributes
        users.set(name, [...(users.get(name) ?? []), tensor])
      }
    }
    for (const { name, next } of carried) {
      const value = outputs[next]
      if (value === undefined || !overwrites(name, value, users)) apart.add(name)
    }
  }
  return apart
}
