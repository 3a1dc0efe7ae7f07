import { avgPool2d, concat, globalAveragePool, maxPool2d } from '../graph/index.ts'
import type { Pair, Pass, Tensor } from '../graph/index.ts'
import { convNormRelu } from './layers/convolution.ts'
import { linearLayer } from './layers/linear.ts'
import type { ConvNormOptions } from './layers/convolution.ts'
import type { BuildOptions, ModelConfig, ModelEntry, ModelParts } from './model.ts'
import { symmetricStatistics } from './photo-statistics.ts'
import { stageOfModule } from './stages.ts'

/**
 * Inception v3 (Szegedy et al., 2016), its auxiliary classifier an option. Layer by layer as timm's `inception_v3.py`, with
 * its parameter names.
 */

const config: ModelConfig = {
  inputSize: [299, 299],
  ...symmetricStatistics,
  interpolation: 'bicubic',
  cropPct: 0.875,
  classifier: 'fc',
  firstConv: 'Conv2d_1a_3x3.conv',
  license: 'apache-2.0',
  hubId: 'timm/inception_v3.tv_in1k',
}

/** Below it nothing would be left for the last blocks, or for the auxiliary classifier. */
const smallestSide = 75
const smallestSideWithAuxiliary = 299

/** The auxiliary classifier reads what leaves this block; its loss counts this much (Szegedy et al., 2015: 0.3; PyTorch: 0.4). */
const auxiliary = { name: 'AuxLogits', after: 'Mixed_6e', weight: 0.4 }

/** A convolution, batch norm and ReLU: name, channels, kernel, and what differs from stride 1 with the size kept. */
type Step = readonly [name: string, out: number, kernel: number | Pair, options?: ConvNormOptions]

/** One branch of a block: where it starts (the block's input unless pooled first), its steps, and how it ends. */
interface Branch {
  readonly pool?: 'average' | 'max'
  readonly steps: readonly Step[]
  /** Layers side by side at the end, their outputs joined. */
  readonly fork?: readonly Step[]
}

const [row, column]: [Pair, Pair] = [
  [1, 7],
  [7, 1],
]
const halving: ConvNormOptions = { strides: 2, pads: 0 }
const maxPooled: Branch = { pool: 'max', steps: [] }
const averaged = (out: number): Branch => ({ pool: 'average', steps: [['branch_pool', out, 1]] })
const single = (out: number): Branch => ({ steps: [['branch1x1', out, 1]] })

const fine = (pooled: number): Branch[] => [
  single(64),
  {
    steps: [
      ['branch5x5_1', 48, 1],
      ['branch5x5_2', 64, 5],
    ],
  },
  {
    steps: [
      ['branch3x3dbl_1', 64, 1],
      ['branch3x3dbl_2', 96, 3],
      ['branch3x3dbl_3', 96, 3],
    ],
  },
  averaged(pooled),
]

const middle = (width: number): Branch[] => [
  single(192),
  {
    steps: [
      ['branch7x7_1', width, 1],
      ['branch7x7_2', width, row],
      ['branch7x7_3', 192, column],
    ],
  },
  {
    steps: [
      ['branch7x7dbl_1', width, 1],
      ['branch7x7dbl_2', width, column],
      ['branch7x7dbl_3', width, row],
      ['branch7x7dbl_4', width, column],
      ['branch7x7dbl_5', 192, row],
    ],
  },
  averaged(192),
]

const coarse: Branch[] = [
  single(320),
  {
    steps: [['branch3x3_1', 384, 1]],
    fork: [
      ['branch3x3_2a', 384, [1, 3]],
      ['branch3x3_2b', 384, [3, 1]],
    ],
  },
  {
    steps: [
      ['branch3x3dbl_1', 448, 1],
      ['branch3x3dbl_2', 384, 3],
    ],
    fork: [
      ['branch3x3dbl_3a', 384, [1, 3]],
      ['branch3x3dbl_3b', 384, [3, 1]],
    ],
  },
  averaged(192),
]

const blocks: Readonly<Record<string, readonly Branch[]>> = {
  Mixed_5b: fine(32),
  Mixed_5c: fine(64),
  Mixed_5d: fine(64),
  Mixed_6a: [
    { steps: [['branch3x3', 384, 3, halving]] },
    {
      steps: [
        ['branch3x3dbl_1', 64, 1],
        ['branch3x3dbl_2', 96, 3],
        ['branch3x3dbl_3', 96, 3, halving],
      ],
    },
    maxPooled,
  ],
  Mixed_6b: middle(128),
  Mixed_6c: middle(160),
  Mixed_6d: middle(160),
  Mixed_6e: middle(192),
  Mixed_7a: [
    {
      steps: [
        ['branch3x3_1', 192, 1],
        ['branch3x3_2', 320, 3, halving],
      ],
    },
    {
      steps: [
        ['branch7x7x3_1', 192, 1],
        ['branch7x7x3_2', 192, row],
        ['branch7x7x3_3', 192, column],
        ['branch7x7x3_4', 192, 3, halving],
      ],
    },
    maxPooled,
  ],
  Mixed_7b: coarse,
  Mixed_7c: coarse,
}
/** Channels that leave the last block. */
const featureCount = 2048

const stepOf = (pass: Pass, x: Tensor, [name, out, kernel, options]: Step, block?: string): Tensor =>
  convNormRelu(pass, block === undefined ? name : `${block}.${name}`, x, out, kernel, { ...options, epsilon: 1e-3 })

const pools = {
  average: (x: Tensor) => avgPool2d(x, 3, { strides: 1, pads: 1 }),
  max: (x: Tensor) => maxPool2d(x, 3, { strides: 2 }),
}

function branchOf(pass: Pass, block: string, x: Tensor, { pool, steps, fork }: Branch): Tensor {
  const seen = steps.reduce((y, step) => stepOf(pass, y, step, block), pool === undefined ? x : pools[pool](x))
  if (fork === undefined) return seen
  return concat(
    fork.map((step) => stepOf(pass, seen, step, block)),
    1,
  )
}

const stem: readonly (readonly Step[])[] = [
  [
    ['Conv2d_1a_3x3', 32, 3, halving],
    ['Conv2d_2a_3x3', 32, 3, { pads: 0 }],
    ['Conv2d_2b_3x3', 64, 3, { pooled: true }],
  ],
  [
    ['Conv2d_3b_1x1', 80, 1],
    ['Conv2d_4a_3x3', 192, 3, { pads: 0, pooled: true }],
  ],
]

/** Chains of convolutions, each followed by a pool. */
function stemOf(pass: Pass, photos: Tensor): Tensor {
  return stem.reduce((x, steps, place) => {
    const seen = steps.reduce((y, step) => stepOf(pass, y, step), x)
    return pass.mark(`Pool${place + 1}`, pools.max(seen))
  }, photos)
}

/** Logits [N, classes] from the map half-way. */
function auxiliaryLogits(pass: Pass, x: Tensor, classes: number): Tensor {
  const steps: Step[] = [
    ['conv0', 128, 1],
    ['conv1', 768, 5, { pads: 0 }],
  ]
  const seen = steps.reduce((y, step) => stepOf(pass, y, step, auxiliary.name), avgPool2d(x, 5, { strides: 3 }))
  return pass.mark(auxiliary.name, linearLayer(pass, `${auxiliary.name}.fc`, globalAveragePool(seen), classes))
}

function inception({ classes, inputSize, auxiliary: hasAuxiliary = false }: BuildOptions): ModelParts {
  const smallest = hasAuxiliary ? smallestSideWithAuxiliary : smallestSide
  if (Math.min(...inputSize) < smallest) {
    const what = hasAuxiliary ? 'Inception v3 with its auxiliary classifier' : 'Inception v3'
    throw new Error(`${what} needs photos of at least ${smallest} pixels a side: choose a larger size.`)
  }
  const blockOf = (pass: Pass, name: string, x: Tensor, branches: readonly Branch[]): Tensor => {
    const parts = branches.map((branch) => branchOf(pass, name, x, branch))
    const seen = pass.mark(name, concat(parts, 1))
    if (hasAuxiliary && name === auxiliary.after) {
      pass.auxiliary(auxiliaryLogits(pass, seen, classes), auxiliary.weight)
    }
    return seen
  }
  return {
    featureCount,
    stages: [
      { name: 'stem', modules: stem.flat().map(([name]) => name) },
      ...Object.keys(blocks).map(stageOfModule),
      { name: 'head', modules: [config.classifier, auxiliary.name] },
    ],
    forwardFeatures: (pass, photos) =>
      Object.entries(blocks).reduce((x, [name, branches]) => blockOf(pass, name, x, branches), stemOf(pass, photos)),
    pool: (pass, features) => pass.mark('global_pool', globalAveragePool(features)),
    ...(hasAuxiliary
      ? { auxiliaryClassifier: `${auxiliary.name}.fc` }
      : // Files on the hub have it, too.
        { ignoresWeight: (name) => name.startsWith(`${auxiliary.name}.`) }),
  }
}

export const inceptions: readonly ModelEntry[] = [
  {
    name: 'inception_v3',
    title: 'Inception v3',
    family: 'inception',
    config,
    supports: ['auxiliary'],
    build: inception,
  },
]
