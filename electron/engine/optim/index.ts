export { binaryCrossEntropy, crossEntropy, focalLoss, oneHot, sigmoidFocalLoss } from './losses.ts'
export type { CrossEntropyOptions } from './losses.ts'
