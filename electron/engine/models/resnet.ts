import { add, dropPath, globalAveragePool, maxPool2d, relu } from '../graph/index.ts'
import type { Pass, Tensor } from '../graph/index.ts'
import { convNorm } from './layers/convolution.ts'
import type { BuildOptions, ModelConfig, ModelEntry, ModelParts } from './model.ts'
import { imageNetStatistics } from './photo-statistics.ts'
import { linearRise } from './layers/drop-path.ts'
import { stageOfModule } from './stages.ts'

/**
 * Residual networks (He et al., 2016), the bottleneck's stride in its 3×3 convolution. Layer by layer as timm's
 * `resnet.py`, with its parameter names.
 */

interface Size {
  readonly name: string
  readonly title: string
  /** Blocks of the four stages. */
  readonly depths: readonly number[]
  readonly kernels: readonly number[]
  /** How many times wider the last convolution of a block is than the others. */
  readonly expansion: number
}

const basic = { kernels: [3, 3], expansion: 1 }
const bottleneck = { kernels: [1, 3, 1], expansion: 4 }

const sizes: readonly Size[] = [
  { name: 'resnet18', title: 'ResNet-18', depths: [2, 2, 2, 2], ...basic },
  { name: 'resnet34', title: 'ResNet-34', depths: [3, 4, 6, 3], ...basic },
  { name: 'resnet50', title: 'ResNet-50', depths: [3, 4, 6, 3], ...bottleneck },
]

const config: Omit<ModelConfig, 'hubId'> = {
  inputSize: [224, 224],
  ...imageNetStatistics,
  interpolation: 'bicubic',
  cropPct: 0.95,
  classifier: 'fc',
  firstConv: 'conv1',
  license: 'apache-2.0',
}

const stemWidth = 64
const widthOf = (stage: number) => stemWidth * 2 ** stage

interface Block {
  readonly width: number
  readonly stride: number
  /** Probability that the branch is left out. */
  readonly dropped: number
}

function block(pass: Pass, name: string, x: Tensor, { width, stride, dropped }: Block, size: Size): Tensor {
  const { kernels, expansion } = size
  const out = expansion * width
  const strided = kernels.indexOf(3)
  let branch = x
  kernels.forEach((kernel, index) => {
    const place = index + 1
    const last = place === kernels.length
    const names = { conv: `${name}.conv${place}`, norm: `${name}.bn${place}` }
    branch = convNorm(pass, names, branch, last ? out : width, kernel, {
      strides: index === strided ? stride : 1,
      // A fresh block begins as if it were not there, which helps deep networks to start.
      startWeight: last ? 0 : 1,
    })
    if (!last) branch = pass.mark(`${name}.act${place}`, relu(branch))
  })
  const passing = stride === 1 && x.shape[1] === out ? x : downsample(pass, `${name}.downsample`, x, out, stride)
  const kept = dropPath(pass, `${name}.drop_path`, branch, dropped)
  return pass.mark(name, pass.mark(`${name}.act${kernels.length}`, relu(add(kept, passing))))
}

function downsample(pass: Pass, name: string, x: Tensor, out: number, stride: number): Tensor {
  return pass.mark(name, convNorm(pass, { conv: `${name}.0`, norm: `${name}.1` }, x, out, 1, { strides: stride }))
}

function resNet(size: Size, { dropPath: highest = 0 }: BuildOptions): ModelParts {
  const dropped = linearRise(highest, size.depths)
  const stageOf = (pass: Pass, stage: number, x: Tensor): Tensor => {
    const name = `layer${stage + 1}`
    let y = x
    for (let index = 0; index < (size.depths[stage] as number); index++) {
      const stride = stage > 0 && index === 0 ? 2 : 1
      y = block(pass, `${name}.${index}`, y, { width: widthOf(stage), stride, dropped: dropped(stage, index) }, size)
    }
    return pass.mark(name, y)
  }
  return {
    featureCount: widthOf(size.depths.length - 1) * size.expansion,
    stages: [
      { name: 'stem', modules: ['conv1', 'bn1'] },
      ...size.depths.map((_, stage) => stageOfModule(`layer${stage + 1}`)),
      { name: 'head', modules: [config.classifier] },
    ],
    forwardFeatures: (pass, photos) => {
      const stem = convNorm(pass, { conv: 'conv1', norm: 'bn1' }, photos, stemWidth, 7, { strides: 2, pooled: true })
      const seen = pass.mark('act1', relu(stem))
      const pooled = pass.mark('maxpool', maxPool2d(seen, 3, { strides: 2, pads: 1 }))
      return size.depths.reduce<Tensor>((x, _, stage) => stageOf(pass, stage, x), pooled)
    },
    pool: (pass, features) => pass.mark('global_pool', globalAveragePool(features)),
  }
}

export const resNets: readonly ModelEntry[] = sizes.map((size) => ({
  name: size.name,
  title: size.title,
  family: 'resnet',
  config: { ...config, hubId: `timm/${size.name}.a1_in1k` },
  supports: ['dropPath'],
  build: (options) => resNet(size, options),
}))
