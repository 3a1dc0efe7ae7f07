import type { Pass, Tensor } from '../graph/index.ts'
import type { Stage } from './stages.ts'

/** How photos are made ready and where parts of a model are found: data, as timm's default configurations have it. */
export interface ModelConfig {
  /** Height and width the weights were trained for, or the default of a model without any. */
  readonly inputSize: readonly [height: number, width: number]
  /** Per channel (red, green, blue) of pixels in 0 … 1. */
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
  readonly interpolation: 'bicubic' | 'bilinear'
  /** Share of the resized photo's shorter side that the central crop keeps. */
  readonly cropPct: number
  /** Name of the last layer, whose size follows the number of classes. */
  readonly classifier: string
  /** Name of the layer that sees the photo. */
  readonly firstConv: string
  /** SPDX identifier of the published weights; null when there are none. */
  readonly license: string | null
  /** Repository of the published weights on the Hugging Face hub, tag included; null when there are none. */
  readonly hubId: string | null
}

export interface ModelOptions {
  readonly classes: number
  /** Height and width of the photos it sees; the configuration's unless given. */
  readonly inputSize?: readonly [height: number, width: number]
  /** Probability of dropping a feature before the classifier while training; 0 unless given. */
  readonly dropout?: number
  /**
   * Stochastic depth: probability of leaving out the last residual branch for a sample while training, falling in a line
   * towards the first; 0 unless given. Only for models with residual branches.
   */
  readonly dropPath?: number
  /** A second classifier half-way, whose loss helps training; of Inception alone. */
  readonly auxiliary?: boolean
}

/** What a family builds a model from. */
export type BuildOptions = ModelOptions & Required<Pick<ModelOptions, 'inputSize'>>

/** Models of one family differ in size: their steps are made of the same operations. */
export const modelFamilies = [
  'simple-cnn',
  'vision-transformer',
  'scaled-vision-transformer',
  'resnet',
  'mobilenet',
  'efficientnet',
  'convnext',
  'inception',
] as const
export type ModelFamily = (typeof modelFamilies)[number]

/** One entry of the registry. */
export interface ModelEntry {
  /** As in timm, where timm has it. */
  readonly name: string
  /** As people call it. */
  readonly title: string
  readonly family: ModelFamily
  readonly config: ModelConfig
  /** Options that only some families have a use for. */
  readonly supports: readonly ('dropPath' | 'auxiliary')[]
  readonly build: (options: BuildOptions) => ModelParts
}

/** What a family must provide; everything else about a model follows from it. */
export interface ModelParts {
  /** Length of what enters the classifier. */
  readonly featureCount: number
  /** In the order in which a photo passes them, the head last; every parameter belongs to one. */
  readonly stages: readonly Stage[]
  /** Photos [N, 3, H, W], normalised → whatever the head takes (a map [N, C, H', W'] or tokens [N, T, C]). */
  readonly forwardFeatures: (pass: Pass, photos: Tensor) => Tensor
  /** → [N, featureCount], before dropout. */
  readonly pool: (pass: Pass, features: Tensor) => Tensor
  /** Photos straight to what `pool` gives, where a family can leave out work whose result nobody reads. */
  readonly forwardPooled?: (pass: Pass, photos: Tensor) => Tensor
  /** Fits a stored weight to this model when its input size differs; undefined when it cannot. */
  readonly adaptWeight?: (name: string, stored: StoredWeight, shape: readonly number[]) => Float32Array | undefined
  /** A further layer whose size follows the number of classes. */
  readonly auxiliaryClassifier?: string
  /** Whether published files hold a tensor of this name that this model leaves out. */
  readonly ignoresWeight?: (name: string) => boolean
}

/** Parts that most families have no use for. */
type Rare = 'adaptWeight' | 'ignoresWeight' | 'auxiliaryClassifier'

export interface StoredWeight {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** Values of the parameters and buffers, by name. */
export type ModelState = Map<string, Float32Array>

/** Both ends of the head: what enters the classifier, [N, featureCount], and what leaves it, [N, classes]. */
export interface HeadOutput {
  readonly pooled: Tensor
  readonly logits: Tensor
}

/** A model of a given size: it builds graphs, and holds no weights. */
export interface Model extends Required<Omit<ModelParts, Rare>>, Pick<ModelParts, Rare> {
  readonly name: string
  readonly title: string
  readonly config: ModelConfig
  readonly classes: number
  readonly inputSize: readonly [height: number, width: number]
  readonly forwardHead: (pass: Pass, features: Tensor) => HeadOutput
  /** Logits [N, classes] of what enters the classifier, [N, featureCount]. */
  readonly classify: (pass: Pass, pooled: Tensor) => Tensor
  /** Logits [N, classes] of photos [N, 3, H, W]. */
  readonly forward: (pass: Pass, photos: Tensor) => Tensor
  /** The same model for another number of classes. */
  readonly resetClassifier: (classes: number) => Model
}
