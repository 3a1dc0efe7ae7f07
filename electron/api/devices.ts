import type { DevicesService } from '../../shared/contract.ts'
import type { Devices } from '../train/devices/devices.ts'

export const createDevicesService = ({ devices }: { devices: Devices }): DevicesService => ({
  list: () => devices.list(),
  try: ({ device }) => devices.try(device),
  choose: ({ device }) => devices.choose(device),
  onChanged: devices.onChanged,
})
