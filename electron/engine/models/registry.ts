import { dropout } from '../graph/index.ts'
import { convNeXts } from './convnext.ts'
import { efficientNets } from './efficientnet.ts'
import { inceptions } from './inception.ts'
import { linearLayer } from './layers/linear.ts'
import type { Model, ModelEntry, ModelOptions } from './model.ts'
import { resNets } from './resnet.ts'
import { simpleCnns } from './simple-cnn.ts'
import { visionTransformers } from './vision-transformer.ts'

/** Every model there is. A new family is one file and one line here. */
export const modelEntries: readonly ModelEntry[] = [
  ...simpleCnns,
  ...visionTransformers,
  ...resNets,
  ...efficientNets,
  ...convNeXts,
  ...inceptions,
]

/** @throws Error when there is no model of that name */
export function modelEntry(name: string): ModelEntry {
  const entry = modelEntries.find((candidate) => candidate.name === name)
  if (entry !== undefined) return entry
  const names = modelEntries.map((candidate) => candidate.name).join(', ')
  throw new Error(`There is no model ${JSON.stringify(name)}: choose one of ${names}.`)
}

/**
 * A model by name.
 * @throws Error when the name is unknown or the input size does not suit the model
 */
export function createModel(name: string, options: ModelOptions): Model {
  return assemble(modelEntry(name), options)
}

function assemble(entry: ModelEntry, options: ModelOptions): Model {
  const { name, title, config } = entry
  const { classes, inputSize = config.inputSize, dropout: dropped = 0 } = options
  for (const option of ['dropPath', 'auxiliary'] as const) {
    if (options[option] && !entry.supports.includes(option)) throw new Error(`${title} has no option '${option}'.`)
  }
  if (!Number.isInteger(classes) || classes < 1) throw new Error(`A model needs at least one class, not ${classes}.`)
  const parts = entry.build({ ...options, inputSize })
  const model: Model = {
    ...parts,
    name,
    title,
    config,
    classes,
    inputSize,
    forwardPooled: parts.forwardPooled ?? ((pass, photos) => parts.pool(pass, parts.forwardFeatures(pass, photos))),
    classify: (pass, pooled) => {
      const kept = dropout(pass, `${config.classifier} dropout`, pooled, dropped)
      return linearLayer(pass, config.classifier, kept, classes)
    },
    forwardHead: (pass, features) => {
      const pooled = parts.pool(pass, features)
      return { pooled, logits: model.classify(pass, pooled) }
    },
    forward: (pass, photos) => model.classify(pass, model.forwardPooled(pass, photos)),
    resetClassifier: (count) => assemble(entry, { ...options, classes: count }),
  }
  return model
}
