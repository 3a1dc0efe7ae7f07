import { expect, test } from 'vitest'
import { expectOracle, operationCases } from '../../operations-testing.ts'
import { describeShared, loadTensorFlow } from '../../testing.ts'
import { TensorFlowSession } from './session.ts'

describeShared('Operations in TensorFlow', 'oracle/ops.json', () => {
  test.each(operationCases().map((of) => [of.name, of] as const))('%s', async (_, of) => {
    const tf = await loadTensorFlow()
    const before = tf.memory().numTensors
    const session = new TensorFlowSession(tf, of.outputs)
    const got = await session.run(of.feeds)
    expectOracle(of, got)
    await session.close()
    expect(tf.memory().numTensors, 'values that nobody let go').toBe(before)
  })
})
