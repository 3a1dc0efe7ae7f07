import { describe, expect, test } from 'vitest'
import * as g from './index.ts'
import type { Tensor } from './index.ts'

/** Values and gradients of the losses are checked in operations.test.ts; here is what the registries add. */

const logits = [2, -1, 0.5, -0.5, 3, 1, 0.25, 0.25, -2, 40, -40, 0]
const [count, classes] = [4, 3]

/** A loss of the logits above, and its gradient. */
async function evaluate(loss: (logits: Tensor, targets: Tensor) => Tensor, targets: Int32Array | number[]) {
  const hard = targets instanceof Int32Array
  const shape = hard ? [count] : [count, classes]
  const input = g.input('logits', [count, classes])
  const value = loss(input, g.input('targets', shape, hard ? { dtype: 'int32' } : {}))
  const [gradient = value] = g.gradients(value, [input])
  const session = await g.openSession(g.writeModel(g.lower({ value, gradient }, { device: 'cpu' })), { threads: 1 })
  const results = await session.run({
    logits: { data: Float32Array.from(logits), shape: [count, classes] },
    targets: { data: hard ? targets : Float32Array.from(targets), shape },
  })
  await session.close()
  return { value: Number(results['value']?.data[0]), gradient: [...(results['gradient']!.data as Float32Array)] }
}

const labels = Int32Array.of(0, 1, 2, 0)
const asShares = [...labels].flatMap((label) => [0, 1, 2].map((place) => Number(place === label)))

describe.each(g.losses.map((definition) => [definition.name, definition] as const))('%s', (_, definition) => {
  const loss = definition.create(g.completeSettings(definition), [0.5, 1, 2])
  const plain = definition.create(g.completeSettings(definition))

  test('takes labels and shares of the classes alike', async () => {
    const [fromLabels, fromShares] = [await evaluate(plain, labels), await evaluate(plain, asShares)]
    expect(fromShares.value).toBeCloseTo(fromLabels.value, 5)
    fromShares.gradient.forEach((value, i) => expect(value).toBeCloseTo(fromLabels.gradient[i]!, 6))
    expect((await evaluate(loss, labels)).value).not.toBeCloseTo(fromLabels.value, 3)
  })

  test('has finite slopes over its whole range, where the model is certain too', async () => {
    for (const [name, { minimum, maximum }] of definition.settings.map((setting) => [setting.name, setting] as const)) {
      for (const value of [minimum, minimum + 0.3, maximum]) {
        const settings = g.completeSettings(definition, { [name]: Math.min(value, maximum) })
        for (const targets of [labels, asShares]) {
          const { value: found, gradient } = await evaluate(definition.create(settings), targets)
          expect([found, ...gradient].every(Number.isFinite), `${name} ${value}`).toBe(true)
        }
      }
    }
  })
})

test('focal loss without its exponent is cross entropy', async () => {
  const [focal, entropy] = [
    await evaluate((x, y) => g.focalLoss(x, y, { gamma: 0 }), labels),
    await evaluate((x, y) => g.crossEntropy(x, y), labels),
  ]
  expect(focal.value).toBeCloseTo(entropy.value, 5)
})

describe('class weights', () => {
  test('by inverse frequency, as scikit-learn has them', () => {
    expect(g.inverseFrequencyWeights([10, 30, 60])).toEqual([100 / 30, 100 / 90, 100 / 180])
    expect(g.inverseFrequencyWeights([10, 0, 10])).toEqual([1, 0, 1])
  })

  test('by the effective number of photos', () => {
    // By hand: (1 − 0.9) / (1 − 0.9ⁿ) is 1, 1/1.9 and 1/2.71 for 1, 2 and 3 photos.
    const inverses = [1, 1 / 1.9, 1 / 2.71]
    const mean = inverses.reduce((sum, value) => sum + value, 0) / 3
    g.effectiveNumberWeights([1, 2, 3], 0.9).forEach((weight, i) => expect(weight).toBeCloseTo(inverses[i]! / mean, 12))
    expect(g.effectiveNumberWeights([5, 50, 0], 0)).toEqual([1, 1, 0])
    // Towards 1 the proportions of inverse frequency.
    const [few = 0, many = 0] = g.effectiveNumberWeights([10, 1000], 0.9999999)
    expect(few / many).toBeCloseTo(100, 1)
  })

  test.each(g.classWeightings.map((way) => [way.name, way] as const))('%s favours the rare', (_, way) => {
    const weights = way.weights([500, 20, 100], g.completeSettings(way))
    expect(weights[1]).toBeGreaterThan(weights[2]!)
    expect(weights[2]).toBeGreaterThan(weights[0]!)
  })
})
