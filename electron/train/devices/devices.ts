import { join } from 'node:path'
import type { Event } from '../../../shared/contract.ts'
import { automaticDevice, type DeviceList, type DeviceState, type DeviceTrial } from '../../../shared/device.ts'
import { FleuronError } from '../../../shared/errors.ts'
import { modelEntry, type ComputeDevice } from '../../engine/index.ts'
import { Emitter } from '../../project/emitter.ts'
import type { Tasks } from '../../project/tasks.ts'
import type { ComputeClient } from '../compute/compute-client.ts'
import type { ComputeLauncher } from '../compute/compute-protocol.ts'
import { openComputerFile, type ComputerFile } from '../computer-file.ts'
import { thisDevice } from '../device.ts'
import { candidates, deviceFor, type UsedDevice } from './device-for-model.ts'
import { devicesJob } from './device-trial.ts'
import { deviceWords } from './device-words.ts'
import { familySteps, otherFamilies } from './family-steps.ts'
import { tryDevice, wholeTrial, type WholeTrial } from './try-device.ts'

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
  readonly #trials: ComputerFile<WholeTrial>
  readonly #changed = new Emitter<DeviceList>()
  #offered: Promise<{ devices: ComputeDevice[]; version: string }> | null = null
  #trying: string | null = null

  readonly onChanged: Event<DeviceList> = this.#changed.event

  constructor(options: DevicesOptions) {
    this.#options = options
    this.#trials = openComputerFile(join(options.home, 'devices.json'), 'trials', wholeTrial)
  }

  async list(): Promise<DeviceList> {
    const { devices, version } = await this.#all()
    const known = this.#trials.read()
    const chosen = await this.#options.choice.get()
    const states = devices.map((device) => stateOf(device, known[trialName(device, version)] ?? null))
    return { chosen, used: candidates({ chosen, devices: states })[0]?.device ?? 'cpu', devices: states }
  }

  /** What a new run of a model computes on. */
  async usedFor(model: string): Promise<UsedDevice> {
    // The processor alone needs nobody to be asked.
    if ((await this.#options.choice.get()) === 'cpu') return { device: 'cpu', note: null }
    return deviceFor(modelEntry(model), await this.list())
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
            const { title } = deviceWords[one]
            task.retitle(`Trying: ${title}`)
            task.progress(index, some.length)
            const trial = await tryDevice(this.#options.launch, one, {
              signal: task.signal,
              beginning: (family) => task.retitle(`Trying: ${title}, ${family}`),
            })
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

function stateOf(device: ComputeDevice, found: WholeTrial | null): DeviceState {
  const { title, description } = deviceWords[device]
  const { name, threads } = thisDevice(device, { threads: 0 })
  const own = device === 'cpu' ? `${name}, ${threads} threads. ${description}` : description
  const known = { device, title, description: own }
  if (found === null) return { ...known, trial: null, families: [] }
  const { families: tried, ...trial } = found
  const families = otherFamilies.map((family) => {
    return { family, title: familySteps[family].title, trial: tried[family] ?? null }
  })
  return { ...known, trial, families: device === 'cpu' || trial.result !== 'works' ? [] : families }
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
