/** What the Augment screen shows. Pictures are data: URLs. */
import type { Policy } from './policy.ts'

/** A picture as the model would see it. */
export interface PreviewSample {
  picture: string
  /** Where CutMix or MixUp gave it a part of another photo. */
  mix: {
    /** Of the photo itself; the rest is the other's. */
    share: number
    kind: 'cutMix' | 'mixUp'
    /** Class of the other photo. */
    classId: string | null
  } | null
}

export interface PreviewedPhoto {
  photo: string
  classId: string | null
  /** The whole photo, small. */
  original: string
  samples: PreviewSample[]
}

/** One transform at one end of its range, or all of them at once. */
export interface Extreme {
  /** Name in the registry; 'all' for everything at once. */
  transform: string
  end: 'low' | 'high'
  /** Of RandAugment and TrivialAugment, which of their changes this is. */
  change: string | null
  picture: string
}

/** A policy that the user gave a name. */
export interface SavedPolicy {
  id: string
  name: string
  policy: Policy
}
