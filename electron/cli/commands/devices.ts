import { automaticDevice, exceptionsOf, type DeviceList, type DeviceState } from '../../../shared/device.ts'
import { dispatch } from '../../api/dispatch.ts'
import { finished, withApplication } from '../connection.ts'
import type { Output } from '../output.ts'
import { table } from '../table.ts'

export interface DevicesOptions {
  again?: boolean
  use?: string
}

/** What this computer computes on; devices that were not tried yet are tried. */
export const devices = ({ again, use }: DevicesOptions): Promise<DeviceList> =>
  withApplication(async (services) => {
    const list = await services.devices.list()
    if (again === true) await finished(services, (await services.devices.try({})).task)
    else {
      for (const { device } of list.devices.filter(({ trial }) => trial === null)) {
        await finished(services, (await services.devices.try({ device })).task)
      }
    }
    if (use !== undefined) await dispatch(services, 'devices', 'choose', { device: use })
    return services.devices.list()
  })

function found({ trial }: DeviceState): [state: string, photosPerSecond: string] {
  switch (trial?.result) {
    case undefined:
      return ['not tried', '']
    case 'works':
      return ['works', trial.imagesPerSecond.toPrecision(3)]
    case 'disagrees':
      return [`differs from the processor by ${(100 * trial.difference).toPrecision(2)} %`, '']
    case 'unavailable':
      return ['not available', '']
    case 'failed':
      return ['does not work', '']
  }
}

/** What else there is to know of a device: a line. */
function remark(state: DeviceState): string[] {
  const { trial, device } = state
  if (trial !== null && 'reason' in trial) return [`${device}: ${trial.reason}`]
  const exceptions = exceptionsOf(state)
  return exceptions.length === 0 ? [] : [`${device}: The processor trains ${exceptions.join(', ')}.`]
}

export function printDevices(output: Output, { chosen, used, devices: states }: DeviceList): void {
  output.line(
    table(
      ['', 'device', 'name', 'state', 'photos/s'],
      states.map((state) => {
        return [state.device === used ? '→' : '', state.device, state.title, ...found(state)]
      }),
    ),
  )
  output.line(`\n${states.flatMap(remark).join('\n')}`)
  output.line(
    `\nNew runs compute on ${used}${chosen === automaticDevice ? ', the fastest that works (automatic)' : ''}.`,
  )
}
