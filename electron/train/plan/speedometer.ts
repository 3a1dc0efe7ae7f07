import type { ComputeDevice } from '../../engine/index.ts'
import type { TrainSettings } from '../../../shared/training.ts'
import type { ComputeClient } from '../compute/compute-client.ts'
import { measureJob } from './measure.ts'
import type { Speeds } from './speeds.ts'

/** Sees to it that there is a speed to estimate by. */
export interface Speedometer {
  /** Tries how fast these settings train, unless it is known or the computer is busy training. It may take a few seconds. */
  measure(settings: TrainSettings, device: ComputeDevice): Promise<void>
}

export function createSpeedometer(options: {
  compute: ComputeClient
  speeds: Speeds
  /** Whether a run is in hand: both would be slowed down. */
  busy: () => boolean
}): Speedometer {
  const { compute, speeds, busy } = options
  const measuring = new Map<string, Promise<void>>()

  const measure = async (settings: TrainSettings, device: ComputeDevice): Promise<void> => {
    try {
      await speeds.on(device, settings).record(await compute.run(measureJob, { settings, device }))
    } catch {
      // Without a speed there is no estimate, which is said; whatever is wrong will be told by the run itself.
    }
  }

  return {
    async measure(settings, device) {
      const { model, mode, imageSize, threads } = settings
      const kind = mode === 'frozen' ? 'features' : 'train'
      if (busy() || speeds.on(device, settings).get(kind, model, imageSize) !== null) return
      const key = `${kind} ${model} ${device} ${threads}`
      // Asked for again while it is under way (the form is being changed), one measurement answers all.
      const underWay = measuring.get(key) ?? measure(settings, device)
      measuring.set(key, underWay)
      await underWay
    },
  }
}
