import { join } from 'node:path'
import { z } from 'zod'
import type { Event } from '../../../shared/contract.ts'
import { automaticDevice, type DeviceList, type DeviceTrial } from '../../../shared/device.ts'
import { FleuronError } from '../../../shared/errors.ts'
import type { ComputeDevice } from '../../engine/index.ts'
import { Emitter } from '../../project/emitter.ts'
import type { Tasks } from '../../project/tasks.ts'
import { ComputeClient, ProcessEnded } from '../compute/compute-client.ts'
import type { ComputeLauncher } from '../compute/compute-protocol.ts'
import { openComputerFile, type ComputerFile } from '../computer-file.ts'
import { deviceTrialJob, devicesJob } from './device-trial.ts'
import { deviceWords } from './device-words.ts'

const measured = z.object({ difference: z.number().min(0), imagesPerSecond: z.number().positive() })
const storedTrial = z.discriminatedUnion('result', [
  measured.extend({ result: z.enum(['works', 'disagrees']) }),
  z.object({ result: z.enum(['unavailable', 'failed']), reason: z.string(), details: z.string() }),
]) as z.ZodType<DeviceTrial>

export interface DevicesOptions {
  readonly home: string
  readonly tasks: Tasks
  /** Lists the devices. */
  readonly compute: ComputeClient
  /** For processes of their own: a device that is tried may end its process. */
  readonly launch: ComputeLauncher
  /** The user's choice: a device, or "automatic". */
  readonly choice: { get(): Promise<string>; set(device: string): Promise<void> }
  /** Whether a run is in hand. */
  readonly busy: () => boolean
}

/** What this computer can compute on: found by trying, one device at a time, and never while a run trains. */
export class Devices {
  readonly #options: DevicesOptions
  readonly #trials: ComputerFile<DeviceTrial>
  readonly #changed = new Emitter<DeviceList>()
  #offered: Promise<{ devices: ComputeDevice[]; version: string }> | null = null
  #trying: string | null = null

  readonly onChanged: Event<DeviceList> = this.#changed.event

  constructor(options: DevicesOptions) {
    this.#options = options
    this.#trials = openComputerFile(join(options.home, 'devices.json'), 'trials', storedTrial)
  }

  async list(): Promise<DeviceList> {
    const { devices, version } = await this.#all()
    const known = this.#trials.read()
    const chosen = await this.#options.choice.get()
    const states = devices.map((device) => {
      const { title, description } = deviceWords[device]
      return { device, title, description, trial: known[trialName(device, version)] ?? null }
    })
    return { chosen, used: usedOf(chosen, states), devices: states }
  }

  /** What a new run computes on. */
  async used(): Promise<ComputeDevice> {
    // The processor alone needs nobody to be asked.
    if ((await this.#options.choice.get()) === 'cpu') return 'cpu'
    return (await this.list()).used as ComputeDevice
  }

  /**
   * Tries one device, or all of them one after the other, each in a process of its own.
   * @throws FleuronError 'in-use' while something trains or is tried; 'not-found' for a device that is not offered here
   */
  async try(device?: string): Promise<{ task: string }> {
    const { devices, version } = await this.#all()
    const some = device === undefined ? devices : [offered(devices, device)]
    if (this.#trying !== null || this.#options.busy()) {
      throw new FleuronError('in-use', 'The computer is busy with a run or another trial; try again when it has ended.')
    }
    const { id } = this.#options.tasks.run(
      'trial',
      'Trying what this computer computes on',
      'devices',
      async (task) => {
        try {
          for (const [index, one] of some.entries()) {
            task.retitle(`Trying: ${deviceWords[one].title}`)
            task.progress(index, some.length)
            const trial = await tried(this.#options.launch, one, task.signal)
            await this.#trials.record({ [trialName(one, version)]: trial })
            task.progress(index + 1, some.length)
            this.#changed.emit(await this.list())
          }
        } finally {
          this.#trying = null
        }
      },
    )
    this.#trying = id
    return { task: id }
  }

  /**
   * New runs compute on this device.
   * @throws FleuronError 'not-found' when it is not offered here; 'not-ready' when it was not tried or does not work
   */
  async choose(device: string): Promise<DeviceList> {
    const { devices } = await this.list()
    if (device !== automaticDevice && device !== 'cpu') {
      const name = offered(
        devices.map((state) => state.device),
        device,
      )
      const state = devices.find((one) => one.device === name)
      if (state?.trial?.result !== 'works') throw cannotBeUsed(device, state?.trial ?? null)
    }
    await this.#options.choice.set(device)
    const list = await this.list()
    this.#changed.emit(list)
    return list
  }

  #all(): Promise<{ devices: ComputeDevice[]; version: string }> {
    this.#offered ??= this.#options.compute.run(devicesJob, undefined).catch((error: unknown) => {
      this.#offered = null
      throw error
    })
    return this.#offered
  }
}

/** Another version of ONNX Runtime may do better, or worse. */
const trialName = (device: string, version: string): string => `${device} ${version}`

/**
 * The chosen device, unless this version of ONNX Runtime has not been found to work with it; the fastest of those that
 * work when none was chosen, and the processor until one is known.
 */
function usedOf(chosen: string, devices: DeviceList['devices']): string {
  if (chosen !== automaticDevice) {
    return devices.find(({ device }) => device === chosen)?.trial?.result === 'works' ? chosen : 'cpu'
  }
  const working = devices.flatMap(({ device, trial }) =>
    trial?.result === 'works' ? [{ device, speed: trial.imagesPerSecond }] : [],
  )
  return working.toSorted((a, b) => b.speed - a.speed)[0]?.device ?? 'cpu'
}

function offered<Device extends string>(devices: readonly Device[], name: string): Device {
  const device = devices.find((one) => one === name)
  if (device !== undefined) return device
  throw new FleuronError('not-found', `There is no device "${name}" here; there are ${devices.join(', ')}.`)
}

function cannotBeUsed(device: string, trial: DeviceTrial | null): FleuronError {
  const { title, needs } = deviceWords[device as ComputeDevice]
  switch (trial?.result) {
    case undefined:
      return new FleuronError('not-ready', `${title} has not been tried on this computer; try it first.`)
    case 'unavailable':
    case 'failed':
      return new FleuronError('not-ready', `${title} does not work here. ${needs}`, {
        details: trial.details,
      })
    default:
      return new FleuronError(
        'not-ready',
        `${title} does not compute as the processor does, so nothing is trained on it; a newer driver may help.`,
      )
  }
}

/** Tries a device in a process of its own, which may end as it likes. */
async function tried(launch: ComputeLauncher, device: ComputeDevice, signal: AbortSignal): Promise<DeviceTrial> {
  const client = new ComputeClient(launch)
  // A driver that hangs lets no message in: only the end of the process ends it.
  const abort = (): void => void client.close()
  signal.addEventListener('abort', abort)
  try {
    return await client.run(deviceTrialJob, device, { signal })
  } catch (error) {
    if (!(error instanceof ProcessEnded)) throw error
    return {
      result: 'failed',
      reason: 'It took the process down that tried it.',
      details: error.details ?? error.message,
    }
  } finally {
    signal.removeEventListener('abort', abort)
    await client.close()
  }
}
