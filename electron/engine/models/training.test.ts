import { describe, expect, test } from 'vitest'
import { Pass, gradients, input, lower, writeModel } from '../graph/index.ts'
import { crossEntropy } from '../optim/index.ts'
import { TrainingSession, openSession } from '../runtime/index.ts'
import { describeShared, readShared } from '../testing.ts'
import { createModel } from './registry.ts'
import { norm, rulePhotos, ruleState } from './testing.ts'

/** A whole transformer, forward, backward and five updates, against PyTorch in float64. */
const name = 'vit_tiny_patch16_224'
const side = 224
const classes = 5
const model = createModel(name, { classes })

/** The middle third of the biases of queries, keys and values: softmax takes their gradient away. */
const isKeyBias = (parameter: string) => parameter.endsWith('qkv.bias')
const withoutKeys = (values: Float32Array) => {
  const third = values.length / 3
  return [...values.subarray(0, third), ...values.subarray(2 * third)]
}

interface Gradients {
  labels: number[]
  loss: number
  logits: number[][]
  gradientNorm: number
  gradients: [string, number, number[], number][]
}

describeShared('gradients', `oracle/models/${name}.json`, () => {
  const { train } = readShared<{ train: Gradients }>(`oracle/models/${name}.json`)

  test('loss, logits and the gradient of every parameter', async () => {
    const pass = new Pass({ training: true })
    const count = train.labels.length
    const logits = model.forward(pass, input('photos', [count, 3, side, side]))
    const loss = crossEntropy(logits, input('labels', [count], { dtype: 'int32' }))
    const found = gradients(
      loss,
      pass.variables.map(({ tensor }) => tensor),
    )
    const outputs = {
      loss,
      logits,
      ...Object.fromEntries(pass.variables.map((own, i) => [`d ${own.name}`, found[i]!])),
    }
    const bytes = writeModel(lower(outputs, { device: 'cpu', constants: ruleState(model) }))
    const session = await openSession(bytes, { threads: 2, optimization: 'extended' })
    const values = await session.run({
      photos: { data: rulePhotos(count, side), shape: [count, 3, side, side] },
      labels: { data: Int32Array.from(train.labels), shape: [count] },
    })
    await session.close()

    expect(Math.abs(Number(values['loss']!.data[0]) / train.loss - 1)).toBeLessThan(1e-5)
    train.logits.flat().forEach((value, i) => expect(Number(values['logits']!.data[i])).toBeCloseTo(value, 4))
    expect(train.gradients).toHaveLength(pass.variables.length)
    for (const [parameter, expected, first] of train.gradients) {
      const gradient = values[`d ${parameter}`]!.data as Float32Array
      expect(Math.abs(norm(gradient) / expected - 1), parameter).toBeLessThan(1e-4)
      const rms = expected / Math.sqrt(gradient.length)
      first.forEach((value, i) => expect(Math.abs(gradient[i]! - value), parameter).toBeLessThan(1e-3 * rms))
      if (isKeyBias(parameter)) {
        const third = gradient.length / 3
        expect(norm(gradient.subarray(third, 2 * third)), parameter).toBeLessThan(1e-5 * train.gradientNorm)
      }
    }
  })
})

interface Steps {
  settings: { lr: number; betas?: [number, number]; eps?: number; momentum?: number; weight_decay: number }
  labels: number[]
  losses: number[]
  gradientNormsBeforeClipping: number[]
  stateAfter: [string, number, number[], number, number][]
  qkvBiasWithoutKeys: [string, number, number][]
}

const variants = [
  { variant: 'sgd', lossTolerance: 1e-5, stateTolerance: 1e-4 },
  { variant: 'adamw_gentle', lossTolerance: 1e-5, stateTolerance: 1e-4 },
  { variant: 'adamw', lossTolerance: 1e-4, stateTolerance: 1e-3 },
]

describe.each(variants)('five steps: $variant', ({ variant, lossTolerance, stateTolerance }) => {
  describeShared('training', `oracle/training/${name}.${variant}.json`, () => {
    const fixture = readShared<Steps>(`oracle/training/${name}.${variant}.json`)
    const { lr, betas, eps, momentum, weight_decay: weightDecay } = fixture.settings

    test('losses, gradient norms and the state after them', async () => {
      const optimizer =
        betas === undefined
          ? { name: 'sgd', settings: { momentum: momentum!, weightDecay } }
          : { name: 'adamw', settings: { beta1: betas[0], beta2: betas[1], epsilon: eps!, weightDecay } }
      const session = await TrainingSession.create({
        model: model.forward,
        inputShape: [3, side, side],
        classes,
        batchSize: fixture.labels.length,
        targets: 'labels',
        optimizer,
        decays: () => true,
        parameters: ruleState(model),
        threads: 2,
      })
      const batch = { inputs: rulePhotos(fixture.labels.length, side), targets: Int32Array.from(fixture.labels) }
      for (const [step, expected] of fixture.losses.entries()) {
        const { loss, gradientNorm } = await session.step(batch, { learningRate: lr })
        expect(Math.abs(loss / expected - 1), `loss ${step}`).toBeLessThan(lossTolerance)
        const expectedNorm = fixture.gradientNormsBeforeClipping[step]!
        expect(Math.abs(gradientNorm / expectedNorm - 1), `norm ${step}`).toBeLessThan(10 * lossTolerance)
      }
      const state = session.parameters()
      for (const [parameter, expected] of fixture.stateAfter) {
        if (isKeyBias(parameter)) continue
        expect(Math.abs(norm(state.get(parameter)!) / expected - 1), parameter).toBeLessThan(stateTolerance)
      }
      for (const [parameter, expected] of fixture.qkvBiasWithoutKeys) {
        expect(Math.abs(norm(withoutKeys(state.get(parameter)!)) / expected - 1), parameter).toBeLessThan(
          stateTolerance,
        )
      }
      await session.close()
    })
  })
})
