import { describe, expect, test } from 'vitest'
import { Pass, input, lower, writeModel } from '../graph/index.ts'
import { openSession } from '../runtime/index.ts'
import { linearRise } from './layers/drop-path.ts'
import { createModel, modelEntries } from './registry.ts'
import { ruleState } from './testing.ts'

test('the probability rises in a line over all blocks', () => {
  const dropped = linearRise(0.3, [2, 2])
  expect([dropped(0, 0), dropped(0, 1), dropped(1, 0), dropped(1, 1)]).toEqual([
    0,
    expect.closeTo(0.1),
    expect.closeTo(0.2),
    expect.closeTo(0.3),
  ])
  expect(linearRise(0.3, [1])(0, 0)).toBe(0)
})

/** The smallest of each family with residual branches, photos small enough to be quick, and its first mask and last. */
const families = [
  ['resnet18', 32, 7, 'layer1.1.drop_path', 'layer4.1.drop_path'],
  ['vit_tiny_patch16_224', 32, 22, 'blocks.1.drop_path1', 'blocks.11.drop_path2'],
  ['convnext_atto', 32, 11, 'stages.0.blocks.1.drop_path', 'stages.3.blocks.1.drop_path'],
  // Blocks that change the size of the map have no other way round.
  ['mobilenetv2_100', 32, 10, 'blocks.1.1.drop_path', 'blocks.5.2.drop_path'],
] as const

test('every family of which an entry drops branches is looked at', () => {
  const supporting = modelEntries.filter(({ supports }) => supports.includes('dropPath')).map(({ name }) => name)
  expect(supporting).toEqual(expect.arrayContaining(families.map(([name]) => name)))
  expect(() => createModel('simple_cnn', { classes: 2, dropPath: 0.1 })).toThrow("Simple CNN has no option 'dropPath'")
})

describe.each(families)('%s', (name, side, branches, first, last) => {
  const model = createModel(name, { classes: 3, inputSize: [side, side], dropPath: 0.5 })

  test('one number a sample and branch, none in the finished model', () => {
    const pass = new Pass({ training: true })
    model.forward(pass, input('photos', [2, 3, side, side]))
    expect(pass.randoms.size).toBe(branches)
    expect([...pass.randoms.keys()][0]).toBe(first)
    expect([...pass.randoms.keys()].at(-1)).toBe(last)
    for (const { shape } of pass.randoms.values()) {
      expect([shape[0], ...new Set(shape.slice(1))]).toEqual([2, 1])
    }
    const finished = new Pass({ training: false })
    model.forward(finished, input('photos', [2, 3, side, side]))
    expect(finished.randoms.size).toBe(0)
  })

  test('a sample whose branches are all kept is not moved by its neighbour’s', async () => {
    // Statistics of the batch would mix the samples.
    const pass = new Pass({ training: true, frozenStatistics: true })
    const logits = model.forward(pass, input('photos', [2, 3, side, side]))
    const lowered = lower({ logits }, { device: 'cpu', constants: ruleState(model) })
    const session = await openSession(writeModel(lowered), { threads: 1 })
    const photo = Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i))
    const look = async (draws: readonly [number, number]) => {
      const randoms = [...pass.randoms.values()].map((tensor) => [
        tensor.attributes.name,
        { data: Float32Array.from(draws), shape: tensor.shape.map(Number) },
      ])
      const photos = { data: Float32Array.from([...photo, ...photo]), shape: [2, 3, side, side] }
      const { logits: found } = await session.run({ photos, ...Object.fromEntries(randoms) })
      return [...(found!.data as Float32Array)]
    }
    const [kept, mixed] = [await look([0.99, 0.99]), await look([0.99, 0])]
    await session.close()
    kept.slice(0, 3).forEach((value, i) => expect(mixed[i]).toBeCloseTo(value, 5))
    expect(kept.slice(3)).toEqual(kept.slice(0, 3).map((value) => expect.closeTo(value, 4)))
    expect(Math.max(...mixed.slice(3).map((value, i) => Math.abs(value - kept[i]!)))).toBeGreaterThan(1e-3)
  })
})
