import type { TrainingSession } from '../../engine/index.ts'

/** A copy of everything that training has changed in the model, averaged or as it is; the optimiser's memory is left out. */
export function learnedValues(session: TrainingSession, averaged: boolean): Map<string, Float32Array> {
  const changing = session.stateShapes
  return new Map(
    [...session.parameters({ averaged })].flatMap(([name, values]) =>
      changing.has(name) ? [[name, values.slice()] as const] : [],
    ),
  )
}
