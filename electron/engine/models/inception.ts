import { avgPool2d, concat, globalAveragePool, maxPool2d } from '../graph/index.ts'
import type { Pair, Pass, Tensor } from '../graph/index.ts'
import { convNormRelu } from './layers/convolution.ts'
import type { ConvNormOptions } from './layers/convolution.ts'
import type { ModelConfig, ModelEntry } from './model.ts'
import { symmetricStatistics } from './photo-statistics.ts'

/**
 * Inception v3 (Szegedy et al., 2016) without its auxiliary classifier. Layer by layer as timm's `inception_v3.py`, with
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

/** Below it nothing would be left for the last blocks. */
const smallestSide = 75

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

function stemOf(pass: Pass, photos: Tensor): Tensor {
  const first: Step[] = [
    ['Conv2d_1a_3x3', 32, 3, halving],
    ['Conv2d_2a_3x3', 32, 3, { pads: 0 }],
    ['Conv2d_2b_3x3', 64, 3],
  ]
  const second: Step[] = [
    ['Conv2d_3b_1x1', 80, 1],
    ['Conv2d_4a_3x3', 192, 3, { pads: 0 }],
  ]
  const chain = (x: Tensor, steps: readonly Step[]) => steps.reduce((y, step) => stepOf(pass, y, step), x)
  const half = pass.mark('Pool1', pools.max(chain(photos, first)))
  return pass.mark('Pool2', pools.max(chain(half, second)))
}

export const inceptions: readonly ModelEntry[] = [
  {
    name: 'inception_v3',
    title: 'Inception v3',
    config,
    build: ({ inputSize = config.inputSize }) => {
      if (Math.min(...inputSize) < smallestSide) {
        throw new Error(`Inception v3 needs photos of at least ${smallestSide} pixels a side: choose a larger size.`)
      }
      return {
        featureCount,
        forwardFeatures: (pass, photos) =>
          Object.entries(blocks).reduce(
            (x, [name, branches]) => {
              const parts = branches.map((branch) => branchOf(pass, name, x, branch))
              return pass.mark(name, concat(parts, 1))
            },
            stemOf(pass, photos),
          ),
        pool: (pass, features) => pass.mark('global_pool', globalAveragePool(features)),
        // Files on the hub have the auxiliary classifier, which only serves while the whole network is trained.
        ignoresWeight: (name) => name.startsWith('AuxLogits.'),
      }
    },
  },
]
