export { createModel, modelEntries, modelEntry } from './registry.ts'
export { initialState, macs, parameterCount, variablesOf } from './parameters.ts'
export { modelFamilies } from './model.ts'
export type {
  HeadOutput,
  Model,
  ModelConfig,
  ModelEntry,
  ModelFamily,
  ModelOptions,
  ModelParts,
  ModelState,
} from './model.ts'
export { lastStages, layerDecay, stageIndex } from './stages.ts'
export type { Stage } from './stages.ts'
export { classifierFormat, exportClassifier, normalisePhotos, preprocessingOf } from './export-classifier.ts'
export { poolViews, viewsAtTestTime, type TestTime } from './test-time.ts'
export type { ClassifierExport, Preprocessing, RejectorTensors, RejectorView } from './export-classifier.ts'
