import { add, concat, dropPath, expand, mul, reshape, slice, transpose } from '../graph/index.ts'
import type { Pass, Shape, Tensor } from '../graph/index.ts'
import { attention } from './layers/attention.ts'
import { convWithBias } from './layers/convolution.ts'
import { linearRise } from './layers/drop-path.ts'
import { layerNormLayer } from './layers/layer-norm.ts'
import { truncatedStart } from './layers/linear.ts'
import { mlp } from './layers/mlp.ts'
import type { BuildOptions, ModelConfig, ModelEntry, ModelParts } from './model.ts'
import { imageNetStatistics, symmetricStatistics } from './photo-statistics.ts'
import { resamplePositions } from './position-embedding.ts'
import { stageOfModule } from './stages.ts'

/**
 * Vision transformers (Dosovitskiy et al., 2021): patches become tokens, a class token goes first, the classifier reads
 * it. Layer by layer as timm's `vision_transformer.py`, with its parameter names.
 */

interface Size {
  readonly name: string
  readonly title: string
  readonly width: number
  readonly depth: number
  readonly heads: number
  /** The tag of the published weights on the hub. */
  readonly tag: string
  readonly patch?: number
  readonly config?: Partial<ModelConfig>
  /** Each residual branch scaled by learned `ls1.gamma`, `ls2.gamma`, starting at this value; none unless given. */
  readonly layerScale?: number
}

const augReg: ModelConfig = {
  inputSize: [224, 224],
  ...symmetricStatistics,
  interpolation: 'bicubic',
  cropPct: 0.9,
  classifier: 'head',
  firstConv: 'patch_embed.proj',
  license: 'apache-2.0',
  hubId: null,
}

const sizes: readonly Size[] = [
  {
    name: 'vit_tiny_patch16_224',
    title: 'ViT-Tiny',
    width: 192,
    depth: 12,
    heads: 3,
    tag: 'augreg_in21k_ft_in1k',
  },
  {
    name: 'vit_small_patch16_224',
    title: 'ViT-Small',
    width: 384,
    depth: 12,
    heads: 6,
    tag: 'augreg_in21k_ft_in1k',
  },
  {
    name: 'vit_base_patch16_224',
    title: 'ViT-Base',
    width: 768,
    depth: 12,
    heads: 12,
    tag: 'augreg2_in21k_ft_in1k',
  },
  {
    name: 'vit_small_patch14_dinov2',
    title: 'ViT-Small (DINOv2)',
    width: 384,
    depth: 12,
    heads: 6,
    tag: 'lvd142m',
    patch: 14,
    layerScale: 1e-5,
    config: { inputSize: [518, 518], cropPct: 1, ...imageNetStatistics },
  },
]

function transformer(size: Size, { inputSize, dropPath: highest = 0 }: BuildOptions): ModelParts {
  const { title, width, depth, heads, patch = 16, layerScale } = size
  const [height, wide] = inputSize
  if (height % patch !== 0 || wide % patch !== 0) {
    throw new Error(
      `${title} needs photos whose sides are multiples of ${patch}, not ${height}×${wide}: choose another size.`,
    )
  }
  const grid = [height / patch, wide / patch] as const
  const dropped = linearRise(highest, [depth])

  const scaled = (pass: Pass, name: string, branch: Tensor): Tensor => {
    if (layerScale === undefined) return branch
    const gamma = pass.parameter(`${name}.gamma`, [width], { kind: 'constant', value: layerScale })
    return pass.mark(name, mul(branch, gamma))
  }
  /** `readers`: how many tokens, from the first, go on from here; all unless given. */
  const block = (pass: Pass, layer: number, x: Tensor, readers?: number): Tensor => {
    const name = `blocks.${layer}`
    const joined = (to: Tensor, branch: Tensor, place: number): Tensor => {
      const grown = scaled(pass, `${name}.ls${place}`, branch)
      return add(to, dropPath(pass, `${name}.drop_path${place}`, grown, dropped(0, layer)))
    }
    const attended = attention(pass, `${name}.attn`, layerNormLayer(pass, `${name}.norm1`, x), heads, readers)
    const going = readers === undefined ? x : slice(x, { axis: 1, end: readers })
    const seen = joined(going, attended, 1)
    const thought = mlp(pass, `${name}.mlp`, layerNormLayer(pass, `${name}.norm2`, seen), width)
    return pass.mark(name, joined(seen, thought, 2))
  }
  const embed = (pass: Pass, photos: Tensor): Tensor => {
    // Asked for first, so that the parameters come in timm's order.
    const classToken = pass.parameter('cls_token', [1, 1, width], { kind: 'normal', deviation: 1e-6 })
    const positions = pass.parameter('pos_embed', [1, 1 + grid[0] * grid[1], width], truncatedStart)
    const patches = convWithBias(pass, 'patch_embed.proj', photos, width, patch, { strides: patch })
    const batch = photos.shape[0] as Shape[number]
    const tokens = transpose(reshape(patches, [batch, width, -1]), [0, 2, 1])
    pass.mark('patch_embed', tokens)
    return add(concat([expand(classToken, [batch, 1, width]), tokens], 1), positions)
  }
  const forward = (pass: Pass, photos: Tensor, readers?: number): Tensor => {
    const last = depth - 1
    let x = embed(pass, photos)
    for (let layer = 0; layer < last; layer++) x = block(pass, layer, x)
    return layerNormLayer(pass, 'norm', block(pass, last, x, readers))
  }
  const classToken = (tokens: Tensor): Tensor =>
    reshape(slice(tokens, { axis: 1, end: 1 }), [tokens.shape[0] as Shape[number], width])
  return {
    featureCount: width,
    stages: [
      { name: 'stem', modules: ['cls_token', 'pos_embed', 'patch_embed'] },
      ...Array.from({ length: depth - 1 }, (_, layer) => stageOfModule(`blocks.${layer}`)),
      { name: `blocks.${depth - 1}`, modules: [`blocks.${depth - 1}`, 'norm'] },
      { name: 'head', modules: [augReg.classifier] },
    ],
    forwardFeatures: (pass, photos) => forward(pass, photos),
    pool: (_, tokens) => classToken(tokens),
    // The classifier reads the class token alone: in the last block the others are keys and values only.
    forwardPooled: (pass, photos) => classToken(forward(pass, photos, 1)),
    adaptWeight: (name, stored, shape) =>
      name === 'pos_embed' && shape.length === 3 ? resamplePositions(stored, grid, width) : undefined,
  }
}

export const visionTransformers: readonly ModelEntry[] = sizes.map((size) => ({
  name: size.name,
  title: size.title,
  family: size.layerScale === undefined ? 'vision-transformer' : 'scaled-vision-transformer',
  config: { ...augReg, ...size.config, hubId: `timm/${size.name}.${size.tag}` },
  supports: ['dropPath'],
  build: (options) => transformer(size, options),
}))
