import { z } from 'zod'
import type { DeviceTrial, FamilyTrial } from '../../../shared/device.ts'
import type { ComputeDevice, ModelFamily } from '../../engine/index.ts'
import { ComputeClient, ProcessEnded } from '../compute/compute-client.ts'
import type { ComputeLauncher } from '../compute/compute-protocol.ts'
import { deviceTrialJob, familyTrialJob } from './device-trial.ts'
import { familySteps, otherFamilies } from './family-steps.ts'

const agreement = z.object({ result: z.enum(['works', 'disagrees']), difference: z.number().min(0) })
const hindrance = z.object({ result: z.enum(['unavailable', 'failed']), reason: z.string(), details: z.string() })
const families = z.record(
  z.string(),
  z.discriminatedUnion('result', [agreement, hindrance.extend({ result: z.literal('failed') })]),
)

/** What came of trying a device, and of trying each family of models on one that works. */
export const wholeTrial = z.discriminatedUnion('result', [
  agreement.extend({ imagesPerSecond: z.number().positive(), families }),
  hindrance.extend({ families }),
]) as z.ZodType<WholeTrial>

export type WholeTrial = DeviceTrial & { families: Partial<Record<ModelFamily, FamilyTrial>> }

/**
 * Tries a device in a process of its own, which may end as it likes.
 * @throws FleuronError 'cancelled' by the signal
 */
export async function tryDevice(
  launch: ComputeLauncher,
  device: ComputeDevice,
  { signal, beginning }: { signal: AbortSignal; beginning: (family: string) => void },
): Promise<WholeTrial> {
  const client = new ComputeClient(launch)
  // A driver that hangs lets no message in: only the end of the process ends it.
  const abort = (): void => void client.close()
  signal.addEventListener('abort', abort)
  try {
    const trial = await client.run(deviceTrialJob, device, { signal }).catch(tookItDown)
    const tried: WholeTrial = { ...trial, families: {} }
    // The processor is what the others are held against.
    if (device === 'cpu' || trial.result !== 'works') return tried
    for (const family of otherFamilies) {
      beginning(familySteps[family].title)
      tried.families[family] = await client.run(familyTrialJob, { device, family }, { signal }).catch(tookItDown)
    }
    return tried
  } finally {
    signal.removeEventListener('abort', abort)
    await client.close()
  }
}

function tookItDown(error: unknown): Extract<FamilyTrial, { result: 'failed' }> {
  if (!(error instanceof ProcessEnded)) throw error
  return {
    result: 'failed',
    reason: 'It took the process down that tried it.',
    details: error.details ?? error.message,
  }
}
