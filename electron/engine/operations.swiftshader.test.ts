import { afterAll, test } from 'vitest'
import * as g from './index.ts'
import { expectOracle, operationCases } from './operations-testing.ts'
import { describeShared } from './testing.ts'
import { startWebGpu } from './webgpu-testing.ts'

const webGpu = await startWebGpu()
if (webGpu === null) {
  process.stderr.write('NOT RUN: operations on WebGPU. SwiftShader comes from npm for Linux on x64 only.\n')
}
afterAll(() => webGpu?.[Symbol.dispose]())

/** Operations whose shaders differ with sizes, strides and padding: the rest goes value by value. */
const shaped = /^(conv2d|max_pool|avg_pool|batch_norm|matmul|attention|layer_norm)$/

describeShared('Operations and their gradients on WebGPU', 'oracle/ops.json', () => {
  const cases = operationCases().filter(({ operation }) => shaped.test(operation))
  test.skipIf(webGpu === null).each(cases.map((of) => [of.name, of] as const))('%s', async (_, of) => {
    const model = g.writeModel(g.lower(of.outputs, { device: 'webgpu' }))
    expectOracle(of, await webGpu!.run({ model, feeds: of.feeds }))
  })
})
