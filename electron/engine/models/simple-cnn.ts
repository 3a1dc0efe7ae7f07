import { globalAveragePool, maxPool2d } from '../graph/index.ts'
import { convNormRelu } from './layers/convolution.ts'
import type { ModelConfig, ModelEntry } from './model.ts'
import { imageNetStatistics } from './photo-statistics.ts'
import { stageOfModule } from './stages.ts'

/**
 * Fleuron's own small network for training from scratch: stages of 3×3 convolution, batch norm, ReLU and max-pool,
 * then the mean over what is left of the photo. Small enough for a laptop, deep enough for a few hundred photos.
 */

const config: ModelConfig = {
  inputSize: [96, 96],
  ...imageNetStatistics,
  interpolation: 'bicubic',
  cropPct: 0.9,
  classifier: 'head',
  firstConv: 'stages.0.conv',
  license: null,
  hubId: null,
}

const channels = [32, 64, 128, 256]
/** Every stage halves the photo; one pixel must be left. */
const smallestSide = 2 ** channels.length

export const simpleCnns: readonly ModelEntry[] = [
  {
    name: 'simple_cnn',
    title: 'Simple CNN',
    family: 'simple-cnn',
    config,
    supports: [],
    build: ({ inputSize }) => {
      if (Math.min(...inputSize) < smallestSide) {
        throw new Error(`The simple CNN needs photos of at least ${smallestSide} pixels a side: choose a larger size.`)
      }
      return {
        featureCount: channels.at(-1) as number,
        stages: [...channels.map((_, stage) => stageOfModule(`stages.${stage}`)), stageOfModule(config.classifier)],
        forwardFeatures: (pass, photos) =>
          channels.reduce(
            (x, width, stage) =>
              pass.mark(
                `stages.${stage}`,
                maxPool2d(convNormRelu(pass, `stages.${stage}`, x, width, 3, { pooled: true }), 2),
              ),
            photos,
          ),
        pool: (_, features) => globalAveragePool(features),
      }
    },
  },
]
