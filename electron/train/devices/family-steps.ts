import { modelFamilies, type ModelFamily } from '../../engine/index.ts'
import type { StepShape } from './compare.ts'

interface FamilySteps {
  /** As the family is called in a sentence. */
  readonly title: string
  /** Small steps of a small network that speak for the family. */
  readonly shape: StepShape
}

/**
 * Deep networks use the running statistics of their batch norms. Those of a few photos enlarge what is rounded: a step of
 * Inception v3 on two photos of 96 pixels differs by 50 % between two layouts of the processor itself, and by 1e-6 with
 * running statistics. Batch statistics are tried with the simple CNN.
 */
export const familySteps: Readonly<Record<ModelFamily, FamilySteps>> = {
  'simple-cnn': {
    title: 'the simple CNN',
    // Enough steps for the second to depend on the gradients and the third on the momentum.
    shape: { model: 'simple_cnn', side: 32, batchSize: 8, steps: 3 },
  },
  'vision-transformer': {
    title: 'vision transformers',
    shape: { model: 'vit_tiny_patch16_224', side: 32, batchSize: 2, steps: 1 },
  },
  'scaled-vision-transformer': {
    title: 'DINOv2',
    shape: { model: 'vit_small_patch14_dinov2', side: 28, batchSize: 2, steps: 1 },
  },
  resnet: {
    title: 'ResNets',
    shape: { model: 'resnet18', side: 32, batchSize: 2, steps: 1, frozenStatistics: true },
  },
  mobilenet: {
    title: 'MobileNetV2',
    shape: { model: 'mobilenetv2_100', side: 32, batchSize: 2, steps: 1, frozenStatistics: true },
  },
  efficientnet: {
    title: 'EfficientNet-Lite',
    shape: { model: 'efficientnet_lite0', side: 32, batchSize: 2, steps: 1, frozenStatistics: true },
  },
  convnext: {
    title: 'ConvNeXt',
    shape: { model: 'convnext_atto', side: 32, batchSize: 2, steps: 1 },
  },
  inception: {
    title: 'Inception v3',
    shape: { model: 'inception_v3', side: 75, batchSize: 1, steps: 1, frozenStatistics: true },
  },
}

/** The families that are tried where the first one, the simple CNN, works. */
export const otherFamilies = modelFamilies.filter((family) => family !== 'simple-cnn')
