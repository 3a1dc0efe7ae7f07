import { basename } from 'node:path'
import { initialState, variablesOf } from '../models/parameters.ts'
import type { Model, ModelState } from '../models/model.ts'
import { SafetensorsFile } from './safetensors.ts'
import { WeightsError } from './weights-error.ts'

export interface PretrainedWeights {
  /** A value for every parameter and buffer of the model. */
  readonly state: ModelState
  /** Whether the classifier starts afresh because the file has another number of classes, or none. */
  readonly headReplaced: boolean
  /** Names of weights that were fitted to another input size. */
  readonly adapted: readonly string[]
}

/** Batch counters of PyTorch's batch norm: nothing here depends on them. */
const isCounter = (name: string) => name.endsWith('.num_batches_tracked')

/** At most so many names are spelled out in a sentence. */
const namesShown = 3

function listed(names: readonly string[]): string {
  const shown = names.slice(0, namesShown).join(', ')
  return names.length > namesShown ? `${shown} and ${names.length - namesShown} more` : shown
}

const asShape = (shape: readonly number[]) => `[${shape.join(', ')}]`

/**
 * Weights of a model from a safetensors file with timm's names. All of the model's must be there in their shapes, and
 * nothing else; the classifier alone may differ in its number of classes or be absent: then it starts from `seed`.
 * @throws WeightsError when the file is unsound or of another model, naming the tensors
 */
export function loadPretrained(model: Model, path: string, seed: number): PretrainedWeights {
  using file = SafetensorsFile.open(path)
  const variables = variablesOf(model)
  const classifiers = [model.config.classifier, model.auxiliaryClassifier].filter((name) => name !== undefined)
  const inHead = (name: string) => classifiers.some((classifier) => name.startsWith(`${classifier}.`))
  const headReplaced = variables.some(
    ({ name, shape }) => inHead(name) && file.tensors.get(name)?.shape[0] !== shape[0],
  )
  const fresh = headReplaced ? initialState(model, seed, inHead) : undefined
  const state: ModelState = new Map()
  const [missing, adapted, misshapen] = [[], [], []] as [string[], string[], string[]]
  for (const { name, shape } of variables) {
    const stored = file.tensors.get(name)
    if (fresh !== undefined && inHead(name)) state.set(name, fresh.get(name) as Float32Array)
    else if (stored === undefined) missing.push(name)
    else if (asShape(stored.shape) === asShape(shape)) state.set(name, file.readFloat32(name))
    else {
      const fitted = model.adaptWeight?.(name, { shape: stored.shape, data: file.readFloat32(name) }, shape)
      if (fitted === undefined)
        misshapen.push(`${name} is ${asShape(stored.shape)} where ${asShape(shape)} was expected`)
      else {
        state.set(name, fitted)
        adapted.push(name)
      }
    }
  }
  const wanted = new Set(variables.map(({ name }) => name))
  const known = (name: string) =>
    wanted.has(name) || isCounter(name) || inHead(name) || model.ignoresWeight?.(name) === true
  const foreign = [...file.tensors.keys()].filter((name) => !known(name))
  const faults = [
    ...misshapen.slice(0, 1),
    ...(missing.length > 0 ? [`it lacks ${listed(missing)}`] : []),
    ...(foreign.length > 0 ? [`it has ${listed(foreign)}, which the model has not`] : []),
  ]
  if (faults.length === 0) return { state, headReplaced, adapted }
  const source = model.config.hubId === null ? 'weights saved for it' : `the file of ${model.config.hubId}`
  throw new WeightsError(`${basename(path)} is not ${model.title}: ${faults.join('; ')}. Choose ${source}.`)
}
