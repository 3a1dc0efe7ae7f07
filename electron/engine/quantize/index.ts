export { leastFloats, openQuantizer } from './quantize-model.ts'
export type { QuantizeOptions, Quantizer } from './quantize-model.ts'
export type { PhotoBatch } from './calibrate.ts'
