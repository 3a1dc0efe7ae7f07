import { add, dropPath, flatten, mul, reduceMean, reshape, transpose } from '../graph/index.ts'
import type { Pass, Tensor } from '../graph/index.ts'
import { convWithBias } from './layers/convolution.ts'
import { linearRise } from './layers/drop-path.ts'
import { layerNorm2dLayer, layerNormLayer } from './layers/layer-norm.ts'
import { truncatedStart } from './layers/linear.ts'
import { mlp } from './layers/mlp.ts'
import type { BuildOptions, ModelConfig, ModelEntry, ModelParts } from './model.ts'
import { imageNetStatistics } from './photo-statistics.ts'
import { stageOfModule } from './stages.ts'

/**
 * ConvNeXt (Liu et al., 2022): depthwise 7×7 convolutions in place of attention, else built like a transformer. Layer
 * by layer as timm's `convnext.py`, with its parameter names.
 */

interface Size {
  readonly name: string
  readonly title: string
  /** Blocks and channels of the four stages. */
  readonly depths: readonly number[]
  readonly widths: readonly number[]
  /** Whether the layers of a block's MLP are stored as 1×1 convolutions instead of linear layers. */
  readonly convMlp: boolean
  readonly tag: string
  readonly cropPct: number
}

const sizes: readonly Size[] = [
  {
    name: 'convnext_atto',
    title: 'ConvNeXt-Atto',
    depths: [2, 2, 6, 2],
    widths: [40, 80, 160, 320],
    convMlp: true,
    tag: 'd2_in1k',
    cropPct: 0.875,
  },
  {
    name: 'convnext_tiny',
    title: 'ConvNeXt-Tiny',
    depths: [3, 3, 9, 3],
    widths: [96, 192, 384, 768],
    convMlp: false,
    tag: 'in12k_ft_in1k',
    cropPct: 0.95,
  },
]

const config: Omit<ModelConfig, 'cropPct' | 'hubId'> = {
  inputSize: [224, 224],
  ...imageNetStatistics,
  interpolation: 'bicubic',
  classifier: 'head.fc',
  firstConv: 'stem.0',
  license: 'apache-2.0',
}

/** Every residual branch is scaled by learned numbers that start here. */
const layerScale = 1e-6

const start = truncatedStart
const pointwise = (pass: Pass, name: string, x: Tensor, out: number): Tensor =>
  convWithBias(pass, name, x, out, 1, { start })

function block(pass: Pass, name: string, x: Tensor, convMlp: boolean, dropped: number): Tensor {
  const width = x.shape[1] as number
  // Asked for first, so that the parameters come in timm's order.
  const gamma = pass.parameter(`${name}.gamma`, [width], { kind: 'constant', value: layerScale })
  const seen = convWithBias(pass, `${name}.conv_dw`, x, width, 7, { start, pads: 3, group: width })
  const thought = (): Tensor => {
    if (convMlp) {
      const branch = mlp(pass, `${name}.mlp`, layerNorm2dLayer(pass, `${name}.norm`, seen), width, pointwise)
      return mul(branch, reshape(gamma, [width, 1, 1]))
    }
    const last = layerNormLayer(pass, `${name}.norm`, transpose(seen, [0, 2, 3, 1]))
    return transpose(mul(mlp(pass, `${name}.mlp`, last, width), gamma), [0, 3, 1, 2])
  }
  return pass.mark(name, add(dropPath(pass, `${name}.drop_path`, thought(), dropped), x))
}

function convNeXt({ depths, widths, convMlp }: Size, { dropPath: highest = 0 }: BuildOptions): ModelParts {
  const dropped = linearRise(highest, depths)
  const stageOf = (pass: Pass, stage: number, x: Tensor): Tensor => {
    const name = `stages.${stage}`
    let y = stage === 0 ? x : downsample(pass, `${name}.downsample`, x, widths[stage] as number)
    for (let index = 0; index < (depths[stage] as number); index++) {
      y = block(pass, `${name}.blocks.${index}`, y, convMlp, dropped(stage, index))
    }
    return pass.mark(name, y)
  }
  return {
    featureCount: widths.at(-1) as number,
    stages: [
      stageOfModule('stem'),
      ...depths.map((_, stage) => stageOfModule(`stages.${stage}`)),
      stageOfModule('head'),
    ],
    forwardFeatures: (pass, photos) => {
      const patches = convWithBias(pass, 'stem.0', photos, widths[0] as number, 4, { start, strides: 4 })
      const stem = layerNorm2dLayer(pass, 'stem.1', patches)
      return depths.reduce<Tensor>((x, _, stage) => stageOf(pass, stage, x), stem)
    },
    pool: (pass, features) => flatten(layerNorm2dLayer(pass, 'head.norm', reduceMean(features, [2, 3], true))),
  }
}

function downsample(pass: Pass, name: string, x: Tensor, out: number): Tensor {
  const normed = layerNorm2dLayer(pass, `${name}.0`, x)
  return pass.mark(name, convWithBias(pass, `${name}.1`, normed, out, 2, { start, strides: 2 }))
}

export const convNeXts: readonly ModelEntry[] = sizes.map((size) => ({
  name: size.name,
  title: size.title,
  family: 'convnext',
  config: { ...config, cropPct: size.cropPct, hubId: `timm/${size.name}.${size.tag}` },
  supports: ['dropPath'],
  build: (options) => convNeXt(size, options),
}))
