/**
 * The transforms that a policy may name, in the order in which they act on a photo: as data, so that one registry gives
 * the schema, the form and the command line. `electron/augment` computes them.
 *
 * Lengths are shares of the side of the square that the model sees, so a policy means the same at every size.
 */
import type { Setting } from './setting.ts'

/** Where a transform acts: on the place of the pixels, on their colour, on parts of the picture, on whole batches, on the finished model. */
export type TransformGroup = 'geometry' | 'colour' | 'quality' | 'automatic' | 'batch' | 'model'

export interface TransformInfo {
  readonly name: string
  readonly title: string
  readonly group: TransformGroup
  readonly description: string
  readonly settings: readonly Setting[]
}

const probability = (usual: number) =>
  ({
    name: 'probability',
    label: 'Probability',
    description: 'How often it is done.',
    default: usual,
    minimum: 0,
    maximum: 1,
    kind: 'number',
    unit: '%',
    step: 0.05,
  }) as const

export const transforms = [
  {
    name: 'randomResizedCrop',
    title: 'Random crop',
    group: 'geometry',
    description: 'A part of the photo, enlarged to the whole: things in other places and sizes.',
    settings: [
      {
        name: 'areaMin',
        label: 'Smallest part',
        description: 'Share of the photo’s area that is kept at least. Below a quarter the flower itself may be lost.',
        default: 0.4,
        minimum: 0.05,
        maximum: 1,
        kind: 'number',
        unit: '%',
        step: 0.05,
      },
      {
        name: 'areaMax',
        label: 'Largest part',
        description: 'Share of the photo’s area that is kept at most.',
        default: 1,
        minimum: 0.05,
        maximum: 1,
        kind: 'number',
        unit: '%',
        step: 0.05,
      },
      {
        name: 'aspect',
        label: 'Aspect ratio up to',
        description: 'Width to height of the part, and height to width; 1 cuts squares, so nothing is stretched.',
        default: 4 / 3,
        minimum: 1,
        maximum: 3,
        kind: 'number',
        step: 0.05,
      },
      probability(1),
    ],
  },
  {
    name: 'padAndCrop',
    title: 'Shift',
    group: 'geometry',
    description: 'The photo moved by chance; what lies outside of it is grey. Pad and crop, as for CIFAR.',
    settings: [
      {
        name: 'padding',
        label: 'Up to',
        description: 'Of the side, in both directions.',
        default: 0.125,
        minimum: 0,
        maximum: 0.5,
        kind: 'number',
        unit: '%',
        step: 0.025,
      },
      probability(1),
    ],
  },
  {
    name: 'horizontalFlip',
    title: 'Mirror',
    group: 'geometry',
    description: 'Left and right exchanged. Not where sides matter, as in writing.',
    settings: [probability(0.5)],
  },
  {
    name: 'verticalFlip',
    title: 'Upside down',
    group: 'geometry',
    description: 'Top and bottom exchanged: for photos taken from straight above.',
    settings: [probability(0.5)],
  },
  {
    name: 'rotation',
    title: 'Rotation',
    group: 'geometry',
    description: 'Turned about the middle. What lies outside of the photo is grey.',
    settings: [
      {
        name: 'degrees',
        label: 'Up to',
        description: 'Largest angle, either way.',
        default: 15,
        minimum: 0,
        maximum: 180,
        kind: 'number',
        unit: '°',
        step: 5,
      },
      probability(1),
    ],
  },
  {
    name: 'affine',
    title: 'Shift, scale and shear',
    group: 'geometry',
    description: 'Moved, made larger or smaller, and slanted.',
    settings: [
      {
        name: 'translate',
        label: 'Shift up to',
        description: 'Of the side, in both directions.',
        default: 0.1,
        minimum: 0,
        maximum: 0.5,
        kind: 'number',
        unit: '%',
        step: 0.05,
      },
      {
        name: 'scale',
        label: 'Scale by up to',
        description: 'Larger or smaller by up to this share.',
        default: 0.1,
        minimum: 0,
        maximum: 0.5,
        kind: 'number',
        unit: '%',
        step: 0.05,
      },
      {
        name: 'shear',
        label: 'Slant up to',
        description: 'Largest angle, in both directions.',
        default: 8,
        minimum: 0,
        maximum: 45,
        kind: 'number',
        unit: '°',
        step: 1,
      },
      probability(0.5),
    ],
  },
  {
    name: 'perspective',
    title: 'Perspective',
    group: 'geometry',
    description: 'As seen from another place: each corner moves inwards by chance.',
    settings: [
      {
        name: 'distortion',
        label: 'Distortion',
        description: 'How far a corner may move, of the way to the middle.',
        default: 0.3,
        minimum: 0,
        maximum: 0.8,
        kind: 'number',
        unit: '%',
        step: 0.05,
      },
      probability(0.5),
    ],
  },
  {
    name: 'randAugment',
    title: 'RandAugment',
    group: 'automatic',
    description: 'A few changes out of fourteen, drawn for each photo, all of one strength (Cubuk et al. 2020).',
    settings: [
      {
        name: 'operations',
        label: 'Changes',
        description: 'How many, one after the other.',
        default: 2,
        minimum: 1,
        maximum: 4,
        kind: 'whole',
      },
      {
        name: 'magnitude',
        label: 'Strength',
        description: 'Out of 30, as in torchvision; above 15 photos are often hard to recognise.',
        default: 9,
        minimum: 0,
        maximum: 30,
        kind: 'whole',
      },
      probability(1),
    ],
  },
  {
    name: 'trivialAugment',
    title: 'TrivialAugment',
    group: 'automatic',
    description: 'One change out of fourteen, of any strength, drawn for each photo (Müller and Hutter 2021).',
    settings: [probability(1)],
  },
  {
    name: 'colourJitter',
    title: 'Light and colour',
    group: 'colour',
    description: 'Brightness, contrast, saturation and hue changed, in random order.',
    settings: [
      {
        name: 'brightness',
        label: 'Brightness ±',
        description: 'Darker or lighter by up to this share.',
        default: 0.2,
        minimum: 0,
        maximum: 1,
        kind: 'number',
        unit: '%',
        step: 0.05,
      },
      {
        name: 'contrast',
        label: 'Contrast ±',
        description: 'Flatter or harder by up to this share.',
        default: 0.2,
        minimum: 0,
        maximum: 1,
        kind: 'number',
        unit: '%',
        step: 0.05,
      },
      {
        name: 'saturation',
        label: 'Saturation ±',
        description: 'Paler or more colourful by up to this share.',
        default: 0.2,
        minimum: 0,
        maximum: 1,
        kind: 'number',
        unit: '%',
        step: 0.05,
      },
      {
        name: 'hue',
        label: 'Hue ±',
        description:
          'Turns round the colour wheel; 50 % is the opposite colour. Where colour tells classes apart, keep it small.',
        default: 0.02,
        minimum: 0,
        maximum: 0.5,
        kind: 'number',
        unit: '%',
        step: 0.01,
      },
      probability(1),
    ],
  },
  {
    name: 'greyscale',
    title: 'Greyscale',
    group: 'colour',
    description: 'Without colour: the model must look at shapes too.',
    settings: [probability(0.1)],
  },
  {
    name: 'blur',
    title: 'Blur',
    group: 'quality',
    description: 'Out of focus, by a Gaussian.',
    settings: [
      {
        name: 'sigma',
        label: 'Up to',
        description: 'Standard deviation of the Gaussian, of the side: 1 % is about two pixels at 224.',
        default: 0.006,
        minimum: 0.001,
        maximum: 0.03,
        kind: 'number',
        unit: '%',
        step: 0.001,
      },
      probability(0.2),
    ],
  },
  {
    name: 'gaussianNoise',
    title: 'Gaussian noise',
    group: 'quality',
    description: 'Grain in every pixel and colour, as in dim light.',
    settings: [
      {
        name: 'sigma',
        label: 'Strength',
        description: 'Standard deviation, of the distance from black to white.',
        default: 0.05,
        minimum: 0,
        maximum: 0.5,
        kind: 'number',
        unit: '%',
        step: 0.01,
      },
      probability(0.5),
    ],
  },
  {
    name: 'sharpen',
    title: 'Sharpen',
    group: 'quality',
    description: 'Edges made harder, as cameras do.',
    settings: [
      {
        name: 'strength',
        label: 'Up to',
        description: 'Times the difference between the photo and a smoothed copy of it that is added.',
        default: 1,
        minimum: 0,
        maximum: 5,
        kind: 'number',
        step: 0.25,
      },
      probability(0.2),
    ],
  },
  {
    name: 'jpeg',
    title: 'JPEG compression',
    group: 'quality',
    description: 'Saved once more with losses: blocks and smeared colour.',
    settings: [
      {
        name: 'quality',
        label: 'Quality from',
        description: 'Lowest quality; drawn from here to 95.',
        default: 40,
        minimum: 5,
        maximum: 95,
        kind: 'whole',
      },
      probability(0.3),
    ],
  },
  {
    name: 'erasing',
    title: 'Erasing',
    group: 'quality',
    description: 'A grey patch hides a part (random erasing, cutout): the model must not rely on one detail.',
    settings: [
      {
        name: 'areaMax',
        label: 'Patch up to',
        description: 'Largest share of the area that is hidden; the smallest is 2 %.',
        default: 0.2,
        minimum: 0.02,
        maximum: 0.6,
        kind: 'number',
        unit: '%',
        step: 0.02,
      },
      probability(0.25),
    ],
  },
  {
    name: 'mix',
    title: 'CutMix and MixUp',
    group: 'batch',
    description:
      'Two photos in one, and both classes in the answer: CutMix pastes a piece of the other photo, MixUp shows both at once.',
    settings: [
      {
        name: 'cutMix',
        label: 'CutMix α',
        description:
          'Shape of the Beta distribution of the shares: 1 draws them evenly, less leaves mostly one photo, 0 is no CutMix.',
        default: 1,
        minimum: 0,
        maximum: 4,
        kind: 'number',
        step: 0.1,
      },
      {
        name: 'mixUp',
        label: 'MixUp α',
        description: 'The same for MixUp; 0.2 mostly leaves one photo in front, 0 is no MixUp.',
        default: 0.2,
        minimum: 0,
        maximum: 4,
        kind: 'number',
        step: 0.1,
      },
      {
        name: 'switchProbability',
        label: 'CutMix rather than MixUp',
        description: 'Where both are on: how often a mixed batch is cut.',
        default: 0.5,
        minimum: 0,
        maximum: 1,
        kind: 'number',
        unit: '%',
        step: 0.05,
      },
      { ...probability(1), description: 'How often a batch is mixed at all.' },
    ],
  },
  {
    name: 'normalisation',
    title: 'Own normalisation',
    group: 'model',
    description:
      'Pixels minus a mean, over a deviation, inside the model. Without this the statistics of ImageNet are used, which suit photos; a pretrained backbone always keeps its own.',
    settings: [
      {
        name: 'mean',
        label: 'Mean',
        description: 'Taken from every channel of pixels between 0 and 1.',
        default: 0.5,
        minimum: 0,
        maximum: 1,
        kind: 'number',
        step: 0.05,
      },
      {
        name: 'deviation',
        label: 'Deviation',
        description: 'What remains is divided by it.',
        default: 0.5,
        minimum: 0.05,
        maximum: 1,
        kind: 'number',
        step: 0.05,
      },
    ],
  },
  {
    name: 'testTime',
    title: 'Test-time augmentation',
    group: 'model',
    description:
      'How the finished model looks at a photo, wherever it is judged or used: several views of it, and one answer from their mean. Each view takes as long again.',
    settings: [
      {
        name: 'mirror',
        label: 'Its mirror',
        description: 'Beside the photo as it is, its mirror. Not where sides matter, as in writing.',
        default: 1,
        minimum: 0,
        maximum: 1,
        kind: 'switch',
      },
    ],
  },
] as const satisfies readonly TransformInfo[]

type Transform = (typeof transforms)[number]
export type TransformName = Transform['name']
type SettingName<T extends TransformName> = Extract<Transform, { name: T }>['settings'][number]['name']

/** Settings of one transform, all of them said. */
export type TransformSettings<T extends TransformName> = Readonly<Record<SettingName<T>, number>>
