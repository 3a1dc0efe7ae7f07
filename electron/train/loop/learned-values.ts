import type { TrainingSession } from '../../engine/index.ts'

/** A copy of everything that training has changed in the model, averaged or as it is; the optimiser's memory is left out. */
export async function learnedValues(session: TrainingSession, averaged: boolean): Promise<Map<string, Float32Array>> {
  const changing = session.stateShapes
  return new Map(
    [...(await session.parameters({ averaged }))].flatMap(([name, values]) =>
      changing.has(name) ? [[name, values.slice()] as const] : [],
    ),
  )
}
