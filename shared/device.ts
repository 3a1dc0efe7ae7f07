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

export interface DeviceState {
  /** E.g. "cpu", "webgpu". */
  device: string
  title: string
  /** What it is, and what it takes: a sentence. */
  description: string
  /** Null: not tried yet on this computer, with this version of the compute library. */
  trial: DeviceTrial | null
}

export interface DeviceList {
  /** The device that was chosen, or "automatic". */
  chosen: string
  /** What new runs compute on. */
  used: string
  /** The processor first. */
  devices: DeviceState[]
}
