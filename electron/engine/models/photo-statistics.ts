import type { ModelConfig } from './model.ts'

type Statistics = Pick<ModelConfig, 'mean' | 'std'>

/** Mean and deviation of ImageNet's photos. */
export const imageNetStatistics: Statistics = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

/** Brings pixels into −1 … 1. */
export const symmetricStatistics: Statistics = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }
