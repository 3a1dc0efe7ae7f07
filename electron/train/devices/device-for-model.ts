import { automaticDevice, type DeviceList, type DeviceState, type FamilyTrial } from '../../../shared/device.ts'
import type { ComputeDevice, ModelEntry, ModelFamily } from '../../engine/index.ts'
import { familySteps } from './family-steps.ts'

/** What a run computes on. */
export interface UsedDevice {
  readonly device: ComputeDevice
  /** Why it is another than for other models: a sentence. */
  readonly note: string | null
}

/**
 * What runs may compute on, what suits them best first: the devices that were found to work with this version of ONNX
 * Runtime by their speed, or of these the chosen one alone. None when none is known, which leaves the processor.
 */
export function candidates({ chosen, devices }: Pick<DeviceList, 'chosen' | 'devices'>): DeviceState[] {
  return devices
    .flatMap((state) => (state.trial?.result === 'works' ? [{ state, speed: state.trial.imagesPerSecond }] : []))
    .filter(({ state }) => chosen === automaticDevice || state.device === chosen)
    .toSorted((a, b) => b.speed - a.speed)
    .map(({ state }) => state)
}

/** The first candidate on which the model's family was found to work, or the processor. */
export function deviceFor(
  { family }: Pick<ModelEntry, 'family'>,
  list: Pick<DeviceList, 'chosen' | 'devices'>,
): UsedDevice {
  const possible = candidates(list)
  const found = possible.find((state) => trialOf(state, family)?.result === 'works')
  const passedOver = possible[0]
  const device = (found?.device ?? 'cpu') as ComputeDevice
  const note =
    passedOver === undefined || passedOver === found
      ? null
      : `${whyNot(passedOver, family)}, so ${found === undefined || device === 'cpu' ? 'the processor' : found.title} computes this run.`
  return { device, note }
}

const trialOf = ({ device, trial, families }: DeviceState, family: ModelFamily): FamilyTrial | null =>
  family === 'simple-cnn' || device === 'cpu'
    ? (trial as FamilyTrial | null)
    : (families.find((state) => state.family === family)?.trial ?? null)

function whyNot(state: DeviceState, family: ModelFamily): string {
  const { title } = familySteps[family]
  switch (trialOf(state, family)?.result) {
    case 'disagrees':
      return `${state.title} does not compute what the processor does with ${title}`
    case 'failed':
      return `${state.title} failed when it was tried with ${title}`
    default:
      return `${state.title} has not been tried with ${title} yet`
  }
}
