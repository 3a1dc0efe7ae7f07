import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { expectOracle, operationCases } from '../../operations-testing.ts'
import { describeShared } from '../../testing.ts'
import { TensorFlowSession } from './session.ts'

// The processor of tfjs-core takes the place of the library of tfjs-node-gpu, which has the same kernels.
beforeAll(async () => {
  await import('@tensorflow/tfjs-backend-cpu')
  await tf.setBackend('cpu')
})

describeShared('Operations in TensorFlow', 'oracle/ops.json', () => {
  test.each(operationCases().map((of) => [of.name, of] as const))('%s', async (_, of) => {
    const before = tf.memory().numTensors
    const session = new TensorFlowSession(tf, of.outputs)
    const got = await session.run(of.feeds)
    expectOracle(of, got)
    await session.close()
    expect(tf.memory().numTensors, 'values that nobody let go').toBe(before)
  })
})
