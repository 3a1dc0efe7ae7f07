/** The two studies that are a click away. */
import type { Assignments, StudySpec, StudyVariant } from '../../../shared/study.ts'
import { isAtHand, type ModelOption, type TrainMode } from '../../../shared/training.ts'

interface Ready {
  /** How often each way is trained: intervals need more than one seed. */
  seeds: number
  /** Settings of all variants, over the defaults. */
  set: Assignments
}

const seedsOf = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

const cropAndFlip: Assignments = {
  augmentation: 'none',
  'augmentation.randomResizedCrop': 'on',
  'augmentation.horizontalFlip': 'on',
}

/** From nothing to more than is good: where a model stops learning by heart, and where it no longer learns at all. */
const policies: readonly { name: string; set: Assignments }[] = [
  { name: 'no augmentation', set: { augmentation: 'none' } },
  { name: 'crop and flip', set: cropAndFlip },
  {
    name: 'crop, flip and colour',
    set: { ...cropAndFlip, 'augmentation.colourJitter': 'on' },
  },
  {
    name: 'crop, flip and noise',
    set: { ...cropAndFlip, 'augmentation.gaussianNoise': 'on' },
  },
  {
    name: 'CutMix',
    set: { ...cropAndFlip, 'augmentation.mix.cutMix': 1, 'augmentation.mix.mixUp': 0 },
  },
  {
    name: 'MixUp',
    set: { ...cropAndFlip, 'augmentation.mix.cutMix': 0, 'augmentation.mix.mixUp': 0.4 },
  },
  { name: 'the strong preset', set: { augmentation: 'strong' } },
]

/** The same model under rising augmentation. */
export const augmentationStudy = (model: string, mode: TrainMode, { seeds, set }: Ready): StudySpec => ({
  name: 'Augmentation study',
  kind: 'augmentation',
  variants: policies.map((policy) => ({ name: policy.name, model, mode, set: { ...set, ...policy.set } })),
  seeds: seedsOf(seeds),
  stopHopeless: false,
})

/** A network of each kind: these always, and where their weights are missing they learn from scratch. */
const classics = ['simple_cnn', 'resnet18', 'vit_tiny_patch16_224', 'inception_v3']
/** Further kinds, where weights of one of their models are at hand. */
const others = [
  ['mobilenetv2_100', 'tf_mobilenetv2_100'],
  ['efficientnet_lite0', 'tf_efficientnet_lite0'],
  ['convnext_tiny'],
]

/** One way of training for each kind of network: with pretrained weights where they are at hand. */
export function oneOfEachKind(options: readonly ModelOption[]): ModelOption[] {
  const way = (model: string, mode: TrainMode) =>
    options.find((option) => option.model === model && option.mode === mode && isAtHand(option))
  return [
    ...classics.flatMap((model) => way(model, 'frozen') ?? way(model, 'scratch') ?? []),
    ...others.flatMap((models) => models.flatMap((model) => way(model, 'frozen') ?? []).slice(0, 1)),
  ]
}

/** Different networks, each as it is best trained on these photos. */
export const architectureStudy = (
  ways: readonly { model: string; mode: TrainMode; title: string }[],
  { seeds, set }: Ready,
): StudySpec => ({
  name: 'Architecture study',
  kind: 'architecture',
  variants: ways.map(({ model, mode, title }): StudyVariant => ({ name: title, model, mode, set })),
  seeds: seedsOf(seeds),
  stopHopeless: false,
})
