/** What a run was made with, as names and values. */
import type { Split } from '../../../shared/project.ts'
import type { RunOrigin } from '../../../shared/run-origin.ts'
import { count } from '../../format.ts'

export function originRows(origin: RunOrigin | null, photos: Record<Split, number>): { name: string; value: string }[] {
  const split = `${count(photos.train)} training, ${count(photos.validation)} validation, ${count(photos.test)} test`
  if (origin === null) {
    return [
      { name: 'Photos', value: split },
      { name: 'Data version', value: 'was not written down by the Fleuron of that time' },
    ]
  }
  const { fingerprint, version, node, onnxruntime, device, weights } = origin
  return [
    { name: 'Photos', value: split },
    { name: 'Data version', value: fingerprint.slice(0, 16) },
    { name: 'Code version', value: `Fleuron ${version}` },
    { name: 'Runtime', value: `${onnxruntime === null ? '' : `ONNX Runtime ${onnxruntime}, `}Node ${node}` },
    { name: 'Device', value: `${device.name}, ${count(device.threads)} threads` },
    {
      name: 'Weights',
      value: weights === null ? 'none: from scratch' : `${weights.file} ${weights.hash?.slice(0, 12) ?? ''}`.trim(),
    },
  ]
}
