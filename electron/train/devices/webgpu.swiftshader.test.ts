import { afterAll, expect, test, vi } from 'vitest'
import { swiftShaderEnvironment } from '../../../scripts/unpack.ts'
import { ComputeClient } from '../compute/compute-client.ts'
import { forkProcess } from '../compute/fork-compute.ts'
import { modelFamilies, type ModelFamily } from '../../engine/index.ts'
import type { StepShape } from './compare.ts'
import { compareJob } from './device-testing.ts'
import { familySteps } from './family-steps.ts'

// A graphics processor in software, which npm brings: what WebGPU computes is proved there, not how fast.
const environment = await swiftShaderEnvironment()
if (environment === null) {
  process.stderr.write('NOT RUN: training on WebGPU. SwiftShader comes from npm for Linux on x64 only.\n')
}

for (const [name, value] of Object.entries(environment ?? {})) vi.stubEnv(name, value)
// One process for all: what was compiled for one family serves the next.
const client = new ComputeClient(forkProcess(new URL('./device-testing.ts', import.meta.url)))
afterAll(async () => {
  await client.close()
  vi.unstubAllEnvs()
})

/** With enough photos for their batch norms to have something to measure beside rounding errors. */
const withStatistics: Partial<Record<ModelFamily, Partial<StepShape>>> = {
  resnet: { frozenStatistics: false },
  mobilenet: { frozenStatistics: false, side: 64, batchSize: 4 },
  efficientnet: { frozenStatistics: false, side: 64, batchSize: 4 },
}
const steps = modelFamilies.map((family) => ({ ...familySteps[family].shape, ...withStatistics[family] }))

test.skipIf(environment === null).each(steps)('$model trains on WebGPU as on the processor', async (shape) => {
  const { difference } = await client.run(compareJob, { device: 'webgpu', shape })
  expect(difference).toBeLessThan(1e-2)
})
