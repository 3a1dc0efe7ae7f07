export { averaged, averagingDecay } from './averaging.ts'
export type { Averaging } from './averaging.ts'
export { clipByGlobalNorm, globalNorm } from './clipping.ts'
export { classWeightings, effectiveNumberWeights, inverseFrequencyWeights } from './class-weights.ts'
export type { ClassWeighting } from './class-weights.ts'
export { binaryCrossEntropy, crossEntropy, focalLoss, losses, oneHot, sigmoidFocalLoss } from './losses.ts'
export type { CrossEntropyOptions, FocalLossOptions, LossDefinition } from './losses.ts'
export { optimizers } from './optimizers.ts'
export type { OptimizerDefinition, Update, Updated } from './optimizer.ts'
export { reduceOnPlateau } from './plateau.ts'
export type { PlateauOptions } from './plateau.ts'
export {
  constantRate,
  cosine,
  cosineRestarts,
  exponential,
  multistep,
  oneCycle,
  polynomial,
  stepDecay,
  withWarmup,
} from './rates.ts'
export type { Feedback, PlateauState, Schedule, ScheduleDefinition, Span } from './schedule.ts'
export { schedules } from './schedules.ts'
export { byName, completeSettings } from './settings.ts'
export type { Choice, Setting, Settings } from './settings.ts'
