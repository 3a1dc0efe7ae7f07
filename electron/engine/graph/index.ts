export type {
  ConstantData,
  ConvAttributes,
  DType,
  Dimension,
  InputKind,
  Pads,
  Pair,
  PrimitiveName,
  Shape,
} from './primitives.ts'
export { isInput, reachable } from './tensor.ts'
export type { Tensor } from './tensor.ts'
export { samePads, sizeOf } from './shapes.ts'
export * from './operations.ts'
export * from './functions.ts'
export { Pass } from './pass.ts'
export type { Auxiliary, Initial, PassOptions, Variable } from './pass.ts'
export { gradients } from './gradients.ts'
export { convolutionsOf } from './convolution-choices.ts'
export type { ConvolutionChoice } from './convolution-choices.ts'
export { lower } from './lowering.ts'
export type { LoweringOptions } from './lowering.ts'
export type { Device } from './emitter.ts'
export { exportOnnx } from './export.ts'
export type { ExportOptions } from './export.ts'
export { readMetadata, readModel, withMetadata, writeModel } from './model-file.ts'
export type { ModelDescription, ModelProto } from './model-file.ts'
