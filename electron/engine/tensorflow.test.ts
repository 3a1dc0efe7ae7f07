import { expect, test, vi } from 'vitest'
import { createModel, initialState, sizeOf, stream, TrainingSession } from './index.ts'
import { loadTensorFlow } from './testing.ts'

vi.mock('./runtime/tensorflow/library.ts', () => import('./testing.ts'))

const [side, batchSize, classes] = [16, 8, 3]

/** Stripes in three directions with some noise: easy to tell apart, and no two photos alike. */
function photos(step: number): { inputs: Float32Array; targets: Int32Array } {
  const targets = Int32Array.from({ length: batchSize }, (_, photo) => (photo + step) % classes)
  const noise = stream({ seed: 3, step, purpose: 'test photos' })
  const inputs = Float32Array.from({ length: batchSize * 3 * side * side }, (_, index) => {
    const [y, x] = [Math.floor(index / side) % side, index % side]
    const label = targets[Math.floor(index / (3 * side * side))]
    const along = label === 0 ? x : label === 1 ? y : x + y
    return Math.sin(along) + noise.uniform() - 0.5
  })
  return { inputs, targets }
}

async function train(device: 'cpu' | 'tensorflow', steps: number) {
  const model = createModel('simple_cnn', { classes, inputSize: [side, side], dropout: 0.2 })
  const session = await TrainingSession.create({
    model: (pass, batch) => model.forward(pass, batch),
    inputShape: [3, side, side],
    classes,
    batchSize,
    targets: 'labels',
    optimizer: { name: 'adamw' },
    averaging: { decay: 0.9 },
    parameters: initialState(model, 1),
    execution: { device },
  })
  const random = (step: number) => (purpose: string, shape: readonly number[]) =>
    stream({ seed: 1, step, purpose }).fillUniform(new Float32Array(sizeOf(shape)))
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    losses.push((await session.step(photos(step), { learningRate: 1e-3, random: random(step) })).loss)
  }
  const logits = await session.predict(photos(99).inputs)
  const state = await session.readState()
  await session.close()
  return { losses, logits, state }
}

test('a simple CNN trains on TensorFlow as it does on ONNX Runtime, and lets go of its memory', async () => {
  const tf = await loadTensorFlow()
  const before = tf.memory().numTensors
  const steps = 12
  const ours = await train('tensorflow', steps)
  const theirs = await train('cpu', steps)
  ours.losses.forEach((loss, step) => expect(loss).toBeCloseTo(theirs.losses[step] as number, step < 2 ? 5 : 2))
  expect(ours.losses.at(-1)).toBeLessThan((ours.losses[0] as number) / 2)
  expect([...ours.state.keys()]).toEqual([...theirs.state.keys()])
  expect(ours.logits).toHaveLength(batchSize * classes)
  expect(tf.memory().numTensors).toBe(before)
})
