import { toErrorValue } from '../../../shared/errors.ts'
import { ProcessEnded } from '../compute/compute-client.ts'

/** How the drivers and ONNX Runtime say that a graphics processor was taken away, has hung or was reset. */
const words = /device (is |was )?(lost|removed|hung|reset)|device[_ ]?lost|DXGI_ERROR_DEVICE/i

/** Whether a job ended because its device did, which often takes the process along. */
export function isDeviceLost(error: unknown): boolean {
  if (error instanceof ProcessEnded) return true
  const { message, details = '' } = toErrorValue(error)
  return words.test(message) || words.test(details)
}
