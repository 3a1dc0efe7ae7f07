import { expect, test } from 'vitest'
import { FleuronError } from '../../../shared/errors.ts'
import { ProcessEnded } from '../compute/compute-client.ts'
import { isDeviceLost } from './lost-device.ts'

test.each([
  [new ProcessEnded('The compute process ended.', {}), true],
  [new FleuronError('internal', 'Something went wrong.', { details: 'Error: WebGPU device lost (2): reset' }), true],
  [new Error('Buffer mapping failed: Device is lost.'), true],
  [new Error('DXGI_ERROR_DEVICE_REMOVED'), true],
  [new Error('failed to allocate a buffer'), false],
  [new FleuronError('cancelled', 'This was stopped at your request.'), false],
])('%s', (error, lost) => {
  expect(isDeviceLost(error)).toBe(lost)
})
