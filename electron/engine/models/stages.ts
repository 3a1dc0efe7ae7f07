/** A part of a model that learns or rests as a whole, and has one learning rate in layer-wise decay. */
export interface Stage {
  /** timm's coarse stage, or `stem` before and `head` after all of them. */
  readonly name: string
  /** Modules whose parameters belong to it. */
  readonly modules: readonly string[]
}

interface Staged {
  readonly stages: readonly Stage[]
}

/** A stage that is one module of the same name. */
export const stageOfModule = (name: string): Stage => ({ name, modules: [name] })

/**
 * The place among `model.stages` of the stage that a parameter or buffer belongs to.
 * @throws Error when the model has none of this name
 */
export function stageIndex({ stages }: Staged, parameter: string): number {
  const index = stages.findIndex(({ modules }) =>
    modules.some((module) => parameter === module || parameter.startsWith(`${module}.`)),
  )
  if (index === -1) throw new Error(`no stage of the model has '${parameter}'`)
  return index
}

/** Which parameters learn when the head and the last `count` stages before it do. */
export function lastStages(model: Staged, count: number): (parameter: string) => boolean {
  return (parameter) => stageIndex(model, parameter) >= model.stages.length - 1 - count
}

/** Layer-wise decay of the learning rate: 1 in the head, times `decay` for every stage before, as in timm. */
export function layerDecay(model: Staged, decay: number): (parameter: string) => number {
  return (parameter) => decay ** (model.stages.length - 1 - stageIndex(model, parameter))
}
