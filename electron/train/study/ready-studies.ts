/** The two studies that are a click away. */
import type { Assignments, StudySpec, StudyVariant } from '../../../shared/study.ts'
import type { TrainMode } from '../../../shared/training.ts'

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
