import { expect, test } from 'vitest'
import { Pass, exportOnnx, input } from '../graph/index.ts'
import { TrainingSession, openSession } from '../runtime/index.ts'
import { describeShared, readShared } from '../testing.ts'
import { parameterCount, variablesOf } from './parameters.ts'
import { createModel } from './registry.ts'
import { norm, rulePhotos, ruleState } from './testing.ts'

interface Answer {
  norm: number
  first16OfEach: number[][]
}
interface Fixture {
  parameterCount: number
  state: [string, number[], string][]
  eval: { logits: Answer; auxLogits: Answer }
  train: {
    classes: number
    labels: number[]
    auxWeight: number
    losses: [number, number]
    gradients: [string, number, number[], number][]
  }
}

const [count, side] = [2, 299]
const withAuxiliary = (classes: number) => createModel('inception_v3', { classes, auxiliary: true })

describeShared('Inception with its auxiliary classifier', 'oracle/models/inception_v3_aux.json', () => {
  const fixture = readShared<Fixture>('oracle/models/inception_v3_aux.json')
  const { convGain } = readShared<{ convGain: number }>('oracle/models/inception_v3.json')
  const photos = { data: rulePhotos(count, side), shape: [count, 3, side, side] }

  test('names and shapes of the state, in order', () => {
    const model = withAuxiliary(1000)
    expect(variablesOf(model).map(({ name, shape }) => [name, shape])).toEqual(
      fixture.state.filter(([own]) => !own.endsWith('.num_batches_tracked')).map(([own, shape]) => [own, shape]),
    )
    expect(parameterCount(model)).toBe(fixture.parameterCount)
  })

  test('both answers of the finished model', async () => {
    const model = withAuxiliary(1000)
    const pass = new Pass({ training: false })
    const logits = model.forward(pass, input('photos', [count, 3, side, side]))
    const auxLogits = pass.auxiliaries[0]!.logits
    const bytes = exportOnnx({ outputs: { logits, auxLogits }, parameters: ruleState(model, convGain) })
    const session = await openSession(bytes, { threads: 2 })
    const found = await session.run({ photos })
    await session.close()
    for (const key of ['logits', 'auxLogits'] as const) {
      const values = found[key]!.data as Float32Array
      expect(Math.abs(norm(values) / fixture.eval[key].norm - 1), key).toBeLessThan(1e-5)
      fixture.eval[key].first16OfEach.forEach((sample, row) =>
        sample.forEach((value, column) => expect(Math.abs(values[row * 1000 + column]! - value)).toBeLessThan(1e-4)),
      )
    }
  })

  test('a training step by both losses', async () => {
    const { classes, labels, auxWeight, losses, gradients } = fixture.train
    const model = withAuxiliary(classes)
    const start = ruleState(model, convGain)
    const session = await TrainingSession.create({
      model: model.forward,
      inputShape: [3, side, side],
      classes,
      batchSize: count,
      targets: 'labels',
      // A step of length 1 against the gradient: what is gone is the gradient.
      optimizer: { name: 'sgd', settings: { momentum: 0, weightDecay: 0 } },
      parameters: start,
      execution: { threads: 2 },
    })
    const batch = { inputs: photos.data, targets: Int32Array.from(labels) }
    const { loss } = await session.step(batch, { learningRate: 1 })
    expect(Math.abs(loss / (losses[0] + auxWeight * losses[1]) - 1)).toBeLessThan(1e-4)
    const after = await session.parameters()
    expect(gradients.map(([name]) => name)).toEqual(
      variablesOf(model)
        .filter(({ kind }) => kind === 'parameter')
        .map(({ name }) => name),
    )
    for (const [name, expected, first] of gradients) {
      const moved = after.get(name)!
      const found = start.get(name)!.map((value, i) => value - moved[i]!)
      // Kinks of ReLU: PyTorch's own float32 is off by up to 2e-2. The classifiers come before any kink.
      const beforeKinks = name.startsWith('fc.') || name.startsWith('AuxLogits.fc.')
      const [norms, values] = beforeKinks ? [5e-4, 5e-3] : [5e-2, 0.3]
      expect(Math.abs(norm(found) / expected - 1), name).toBeLessThan(norms)
      const rms = expected / Math.sqrt(found.length)
      first.forEach((value, i) => expect(Math.abs(found[i]! - value), name).toBeLessThan(values * rms))
    }
    await session.close()
  })
})

test('the auxiliary classifier follows the number of classes, and needs large photos', () => {
  const shapes = new Map(variablesOf(withAuxiliary(9)).map(({ name, shape }) => [name, shape]))
  expect(shapes.get('AuxLogits.fc.weight')).toEqual([9, 768])
  expect(() => createModel('inception_v3', { classes: 2, auxiliary: true, inputSize: [298, 299] })).toThrow(
    'needs photos of at least 299 pixels a side',
  )
  expect(() => createModel('resnet18', { classes: 2, auxiliary: true })).toThrow("ResNet-18 has no option 'auxiliary'")
})
