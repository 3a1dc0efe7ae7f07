import { add, dropPath, globalAveragePool, relu6, samePads } from '../graph/index.ts'
import type { Pass, Pair, Tensor } from '../graph/index.ts'
import { convNorm } from './layers/convolution.ts'
import { linearRise } from './layers/drop-path.ts'
import type { BuildOptions, ModelConfig, ModelEntry, ModelParts } from './model.ts'
import { imageNetStatistics, symmetricStatistics } from './photo-statistics.ts'
import { stageOfModule } from './stages.ts'

/**
 * MobileNetV2 (Sandler et al., 2018) and EfficientNet-Lite (Tan, 2020): narrow maps joined by residual sums, widened
 * inside a block for a depthwise convolution; ReLU6, no squeeze-and-excitation. Layer by layer as timm's
 * `efficientnet.py`, which builds both, with its parameter names.
 */

interface Stage {
  readonly blocks: number
  readonly kernel: number
  readonly stride: number
  /** How many times wider a block is inside. */
  readonly expansion: number
  readonly out: number
}

interface Size extends Pick<ModelEntry, 'name' | 'title' | 'family'> {
  readonly stages: readonly Stage[]
  /** As trained with TensorFlow: "same" padding, smaller half first, and its batch norm's epsilon. */
  readonly same?: boolean
  readonly epsilon?: number
  readonly config: Pick<ModelConfig, 'mean' | 'std' | 'hubId' | 'license'>
}

const mobileNetV2: readonly Stage[] = [
  { blocks: 1, kernel: 3, stride: 1, expansion: 1, out: 16 },
  { blocks: 2, kernel: 3, stride: 2, expansion: 6, out: 24 },
  { blocks: 3, kernel: 3, stride: 2, expansion: 6, out: 32 },
  { blocks: 4, kernel: 3, stride: 2, expansion: 6, out: 64 },
  { blocks: 3, kernel: 3, stride: 1, expansion: 6, out: 96 },
  { blocks: 3, kernel: 3, stride: 2, expansion: 6, out: 160 },
  { blocks: 1, kernel: 3, stride: 1, expansion: 6, out: 320 },
]

const lite0: readonly Stage[] = [
  { blocks: 1, kernel: 3, stride: 1, expansion: 1, out: 16 },
  { blocks: 2, kernel: 3, stride: 2, expansion: 6, out: 24 },
  { blocks: 2, kernel: 5, stride: 2, expansion: 6, out: 40 },
  { blocks: 3, kernel: 3, stride: 2, expansion: 6, out: 80 },
  { blocks: 3, kernel: 5, stride: 1, expansion: 6, out: 112 },
  { blocks: 4, kernel: 5, stride: 2, expansion: 6, out: 192 },
  { blocks: 1, kernel: 3, stride: 1, expansion: 6, out: 320 },
]

const apache = 'apache-2.0'

const sizes: readonly Size[] = [
  {
    name: 'mobilenetv2_100',
    title: 'MobileNetV2',
    family: 'mobilenet',
    stages: mobileNetV2,
    config: { ...imageNetStatistics, hubId: 'timm/mobilenetv2_100.ra_in1k', license: apache },
  },
  {
    // Not in timm: for weights trained with TensorFlow, which nobody publishes under timm's names.
    name: 'tf_mobilenetv2_100',
    title: 'MobileNetV2 (TensorFlow)',
    family: 'mobilenet',
    stages: mobileNetV2,
    same: true,
    config: { ...symmetricStatistics, hubId: null, license: null },
  },
  {
    name: 'efficientnet_lite0',
    title: 'EfficientNet-Lite0',
    family: 'efficientnet',
    stages: lite0,
    config: { ...imageNetStatistics, hubId: 'timm/efficientnet_lite0.ra_in1k', license: apache },
  },
  {
    name: 'tf_efficientnet_lite0',
    title: 'EfficientNet-Lite0 (TensorFlow)',
    family: 'efficientnet',
    stages: lite0,
    same: true,
    epsilon: 1e-3,
    config: { ...symmetricStatistics, hubId: 'timm/tf_efficientnet_lite0.in1k', license: apache },
  },
]

const config: Omit<ModelConfig, keyof Size['config']> = {
  inputSize: [224, 224],
  interpolation: 'bicubic',
  cropPct: 0.875,
  classifier: 'classifier',
  firstConv: 'conv_stem',
}

const stemWidth = 32
const headWidth = 1280

interface Layer {
  readonly conv: string
  readonly norm: string
  readonly out: number
  readonly kernel?: number
  readonly stride?: number
  readonly depthwise?: boolean
}

interface Block extends Stage {
  /** Probability that the branch is left out. */
  readonly dropped: number
}

function efficientNet(
  { stages, same = false, epsilon = 1e-5 }: Size,
  { dropPath: highest = 0 }: BuildOptions,
): ModelParts {
  const depths = stages.map(({ blocks }) => blocks)
  // Here timm's line reaches `highest` one block after the last.
  const dropped = linearRise(
    highest,
    depths,
    depths.reduce((sum, depth) => sum + depth, 0),
  )
  const layer = (pass: Pass, x: Tensor, { conv, norm, out, kernel = 1, stride = 1, depthwise }: Layer): Tensor => {
    const side: Pair = [x.shape[2] as number, x.shape[3] as number]
    return convNorm(pass, { conv, norm }, x, out, kernel, {
      strides: stride,
      group: depthwise ? out : 1,
      epsilon,
      ...(same ? { pads: samePads(side, [kernel, kernel], [stride, stride]) } : {}),
    })
  }
  const active = (pass: Pass, x: Tensor, settings: Layer): Tensor =>
    pass.mark(settings.norm, relu6(layer(pass, x, settings)))

  const block = (
    pass: Pass,
    name: string,
    x: Tensor,
    { kernel, stride, expansion, out, dropped: p }: Block,
  ): Tensor => {
    const channels = x.shape[1] as number
    const width = expansion * channels
    // A block that widens nothing has no layer for it, and the others are named accordingly.
    const widens = expansion > 1
    const [first, second, third] = [1, 2, 3].map((place) => `${name}.bn${place}`) as [string, string, string]
    const wide = widens ? active(pass, x, { conv: `${name}.conv_pw`, norm: first, out: width }) : x
    const depthwise = { conv: `${name}.conv_dw`, norm: widens ? second : first, depthwise: true }
    const seen = active(pass, wide, { ...depthwise, out: width, kernel, stride })
    const last = { conv: `${name}.${widens ? 'conv_pwl' : 'conv_pw'}`, norm: widens ? third : second }
    const narrow = layer(pass, seen, { ...last, out })
    const passes = stride === 1 && channels === out
    return pass.mark(name, passes ? add(dropPath(pass, `${name}.drop_path`, narrow, p), x) : narrow)
  }
  const stageOf = (pass: Pass, place: number, x: Tensor, stage: Stage): Tensor => {
    const name = `blocks.${place}`
    let y = x
    for (let index = 0; index < stage.blocks; index++) {
      const stride = index === 0 ? stage.stride : 1
      y = block(pass, `${name}.${index}`, y, { ...stage, stride, dropped: dropped(place, index) })
    }
    return pass.mark(name, y)
  }
  return {
    featureCount: headWidth,
    stages: [
      { name: 'stem', modules: ['conv_stem', 'bn1'] },
      ...stages.slice(0, -1).map((_, place) => stageOfModule(`blocks.${place}`)),
      { name: `blocks.${stages.length - 1}`, modules: [`blocks.${stages.length - 1}`, 'conv_head', 'bn2'] },
      { name: 'head', modules: [config.classifier] },
    ],
    forwardFeatures: (pass, photos) => {
      const stem = active(pass, photos, { conv: 'conv_stem', norm: 'bn1', out: stemWidth, kernel: 3, stride: 2 })
      const seen = stages.reduce((x, stage, place) => stageOf(pass, place, x, stage), stem)
      return active(pass, seen, { conv: 'conv_head', norm: 'bn2', out: headWidth })
    },
    pool: (pass, features) => pass.mark('global_pool', globalAveragePool(features)),
  }
}

export const efficientNets: readonly ModelEntry[] = sizes.map((size) => ({
  name: size.name,
  title: size.title,
  family: size.family,
  config: { ...config, ...size.config },
  supports: ['dropPath'],
  build: (options) => efficientNet(size, options),
}))
