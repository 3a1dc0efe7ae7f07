import { automaticDevice, type DeviceList, type DeviceState } from '../../../shared/device.ts'
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

function found({ trial }: DeviceState): [string, string] {
  switch (trial?.result) {
    case undefined:
      return ['not tried', '']
    case 'works':
      return ['works', `${trial.imagesPerSecond.toPrecision(3)} photos/s`]
    case 'disagrees':
      return ['disagrees with the processor', `by ${(100 * trial.difference).toPrecision(2)} %`]
    case 'unavailable':
      return ['not available', trial.reason]
    case 'failed':
      return ['does not work', trial.reason]
  }
}

export function printDevices(output: Output, { chosen, used, devices: states }: DeviceList): void {
  output.line(
    table(
      ['', 'device', 'name', 'state', ''],
      states.map((state) => {
        return [state.device === used ? '→' : '', state.device, state.title, ...found(state)]
      }),
    ),
  )
  output.line(
    `\nNew runs compute on ${used}${chosen === automaticDevice ? ', the fastest that works (automatic)' : ''}.`,
  )
}
