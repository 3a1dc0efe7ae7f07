import { expect, test } from 'vitest'
import * as g from './index.ts'
import { expectOracle, operationCases } from './operations-testing.ts'
import { describeShared } from './testing.ts'

/** Operators that ONNX Runtime's WebGPU provider lacks. */
const notOnWebGpu = new Set('LogSoftmax OneHot Sign Softsign Mod GroupNormalization SpaceToDepth Dropout'.split(' '))

describeShared('Operations and their gradients', 'oracle/ops.json', () => {
  // Both lowerings run on the processor here: what WebGPU gets is standard ONNX, so its numbers can be checked anywhere.
  const everywhere = operationCases().flatMap((of) =>
    (['cpu', 'webgpu'] as const).map((device) => [of.name, device, of] as const),
  )
  test.each(everywhere)('%s for %s', async (_, device, of) => {
    const model = g.lower(of.outputs, { device })
    if (device === 'webgpu') expect(model.nodes.filter(({ op, domain }) => domain || notOnWebGpu.has(op))).toEqual([])
    const session = await g.openSession(g.writeModel(model), { threads: 1 })
    const used = Object.fromEntries(session.inputNames.map((name) => [name, of.feeds[name] as g.TensorValue]))
    const got = await session.run(used)
    await session.close()
    expectOracle(of, got)
  })
})
