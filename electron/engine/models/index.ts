export { createModel, modelEntries, modelEntry } from './registry.ts'
export { initialState, macs, parameterCount, variablesOf } from './parameters.ts'
export type { HeadOutput, Model, ModelConfig, ModelEntry, ModelOptions, ModelParts, ModelState } from './model.ts'
