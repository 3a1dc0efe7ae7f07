/** What can compute on this computer, and what came of trying it. */

/** Takes the fastest device that agrees with the processor. */
export const automaticDevice = 'automatic'

/** What a small training step on the device has shown, beside the same step on the processor. */
export type DeviceTrial =
  | {
      result: 'works' | 'disagrees'
      /** The largest difference from the processor: of a loss, and of what the steps changed, as a share of it. */
      difference: number
      imagesPerSecond: number
    }
  /** It cannot be had here, or began and broke off: a sentence, and what was said below it. */
  | { result: 'unavailable' | 'failed'; reason: string; details: string }

/** The same of one family of models on a device that works for the simple CNN. */
export type FamilyTrial =
  { result: 'works' | 'disagrees'; difference: number } | { result: 'failed'; reason: string; details: string }

export interface FamilyState {
  /** E.g. "resnet". */
  family: string
  /** As it is called in a sentence. */
  title: string
  /** Null: not tried yet. */
  trial: FamilyTrial | null
}

export interface DeviceState {
  /** E.g. "cpu", "webgpu". */
  device: string
  title: string
  /** What it is, and what it takes: a sentence. */
  description: string
  /** Null: not tried yet on this computer, with this version of the compute library. */
  trial: DeviceTrial | null
  /** The families of models beside the simple CNN; none of the processor, and of a device that does not work. */
  families: FamilyState[]
}

/** The families of models that a device does not work for, each with what came of trying it. */
export const exceptionsOf = ({ families }: Pick<DeviceState, 'families'>): string[] =>
  families.flatMap(({ title, trial }) => {
    switch (trial?.result) {
      case 'works':
        return []
      case 'disagrees':
        return [`${title} (differs by ${(100 * trial.difference).toPrecision(2)} %)`]
      case 'failed':
        return [`${title} (failed)`]
      default:
        return [`${title} (not tried)`]
    }
  })

export interface DeviceList {
  /** The device that was chosen, or "automatic". */
  chosen: string
  /** What new runs compute on, unless their family of models does not work there. */
  used: string
  /** The processor first. */
  devices: DeviceState[]
}
