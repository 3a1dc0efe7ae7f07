import { expect, test, vi } from 'vitest'
import { openSession } from './session.ts'

vi.mock('onnxruntime-node', () => {
  throw new Error('onnxruntime_binding.node: cannot open shared object file')
})

test('a library that does not load is reported with the platform, the cause and what to do', async () => {
  await expect(openSession(new Uint8Array())).rejects.toThrow(
    new RegExp(`does not load on this machine \\(${process.platform} ${process.arch}\\): .*[Rr]einstall`),
  )
})
