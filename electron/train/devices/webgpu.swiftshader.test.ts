import { afterAll, expect, test, vi } from 'vitest'
import { swiftShaderEnvironment } from '../../../scripts/unpack.ts'
import { ComputeClient } from '../compute/compute-client.ts'
import { forkProcess } from '../compute/fork-compute.ts'
import { compareJob } from './device-testing.ts'

// A graphics processor in software, which npm brings: what WebGPU computes is proved there, not how fast.
const environment = await swiftShaderEnvironment()
if (environment === null) {
  process.stderr.write('NOT RUN: training on WebGPU. SwiftShader comes from npm for Linux on x64 only.\n')
}

/**
 * Small networks with small photos, yet large enough for batch norms to have something to measure: of too few values
 * they enlarge nothing but rounding errors. Inception v3 would need minutes for that, and is missing.
 */
const families = [
  // Long enough for what a step leaves on the device to be read by the next.
  { model: 'simple_cnn', side: 32, batchSize: 8, steps: 3 },
  { model: 'resnet18', side: 32, batchSize: 2, steps: 1 },
  { model: 'mobilenetv2_100', side: 64, batchSize: 4, steps: 1 },
  { model: 'efficientnet_lite0', side: 64, batchSize: 4, steps: 1 },
  { model: 'vit_tiny_patch16_224', side: 32, batchSize: 2, steps: 1 },
  { model: 'convnext_atto', side: 32, batchSize: 2, steps: 1 },
]

for (const [name, value] of Object.entries(environment ?? {})) vi.stubEnv(name, value)
// One process for all: what was compiled for one family serves the next.
const client = new ComputeClient(forkProcess(new URL('./device-testing.ts', import.meta.url)))
afterAll(async () => {
  await client.close()
  vi.unstubAllEnvs()
})

test.skipIf(environment === null).each(families)('$model trains on WebGPU as on the processor', async (shape) => {
  const { difference } = await client.run(compareJob, { device: 'webgpu', shape })
  expect(difference).toBeLessThan(1e-2)
})
