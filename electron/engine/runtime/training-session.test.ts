import { expect, test } from 'vitest'
import * as g from '../graph/index.ts'
import type { Pass, Tensor } from '../graph/index.ts'
import { TrainingSession } from './training-session.ts'

const bound = { kind: 'uniform', bound: 0.5 } as const

/** Batch normalisation, dropout and a frozen layer: everything that a session has to carry. */
function network(pass: Pass, images: Tensor): Tensor {
  const stem = g.conv2d(images, pass.parameter('stem.weight', [4, 3, 3, 3], bound), { pads: 1 })
  const features = g.globalAveragePool(g.relu(g.batchNorm(pass, 'bn', stem)))
  const dropped = g.dropout(pass, 'head', features, 0.25)
  return g.linear(dropped, pass.parameter('head.weight', [3, 4], bound), pass.parameter('head.bias', [3], bound))
}

/** Plain pseudo-random numbers; nothing here depends on which. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  })
}

function start(trainable: (name: string) => boolean = () => true): Promise<TrainingSession> {
  const pass = new g.Pass({ training: false })
  network(pass, g.input('inputs', ['N', 3, 8, 8]))
  const parameters = new Map(pass.variables.map(({ name, shape }, i) => [name, numbers(g.sizeOf(shape), i + 1)]))
  return TrainingSession.create({
    model: network,
    inputShape: [3, 8, 8],
    classes: 3,
    batchSize: 6,
    targets: 'labels',
    optimizer: { name: 'adamw' },
    trainable,
    parameters,
    execution: { threads: 1 },
  })
}

async function steps(session: TrainingSession, from: number, count: number): Promise<number[]> {
  const losses: number[] = []
  for (let i = from; i < from + count; i++) {
    const batch = { inputs: numbers(6 * 3 * 8 * 8, i + 100), targets: Int32Array.of(0, 1, 2, 0, 1, 2) }
    const random = (purpose: string, shape: readonly number[]): Float32Array =>
      numbers(g.sizeOf(shape), i * 1000 + purpose.length)
    const { loss } = await session.step(batch, { learningRate: 0.01, random })
    losses.push(loss)
  }
  return losses
}

test('a resumed session ends with the same bits as an uninterrupted one', async () => {
  await using whole = closing(await start())
  await using first = closing(await start())
  await using second = closing(await start())
  const losses = await steps(whole.session, 0, 6)
  await steps(first.session, 0, 3)
  await steps(second.session, 7, 1)
  await second.session.writeState(await first.session.readState())
  expect(second.session.steps).toBe(3)
  expect(await steps(second.session, 3, 3)).toEqual(losses.slice(3))
  expect(await second.session.readState()).toEqual(await whole.session.readState())
})

test('predicts any number of samples with the weights of the moment', async () => {
  await using training = closing(await start())
  const { session } = training
  const images = numbers(5 * 3 * 8 * 8, 9)
  const before = await session.predict(images)
  expect(before).toHaveLength(15)
  const one = await session.predict(images.slice(0, 3 * 8 * 8))
  one.forEach((value, i) => expect(value).toBeCloseTo(before[i] ?? Number.NaN, 5))
  const state = await session.readState()
  await steps(session, 0, 2)
  expect(await session.predict(images)).not.toEqual(before)
  await session.writeState(state)
  expect(await session.predict(images)).toEqual(before)
})

test('leaves what is frozen as it is, running statistics included', async () => {
  await using training = closing(await start((name) => name.startsWith('head.')))
  const { session } = training
  const before = new Map([...(await session.parameters())].map(([name, values]) => [name, values.slice()]))
  await steps(session, 0, 2)
  const changed = [...(await session.parameters())].filter(
    ([name, values]) => String(values) !== String(before.get(name)),
  )
  expect(changed.map(([name]) => name)).toEqual(['head.weight', 'head.bias'])
  expect([...(await session.readState()).keys()].filter((name) => !name.startsWith('optimizer.'))).toEqual([
    'head.weight',
    'head.bias',
  ])
})

test('says what is missing or does not fit', async () => {
  await using training = closing(await start())
  const { session } = training
  const inputs = numbers(6 * 3 * 8 * 8, 1)
  const targets = Int32Array.of(0, 1, 2, 0, 1, 2)
  await expect(session.step({ inputs, targets }, { learningRate: 0.1 })).rejects.toThrow("random numbers for 'head'")
  const state = await session.readState()
  state.delete('optimizer.mean:head.bias')
  await expect(session.writeState(state)).rejects.toThrow("'optimizer.mean:head.bias'")
  await expect(
    TrainingSession.create({
      model: network,
      inputShape: [3, 8, 8],
      classes: 3,
      batchSize: 6,
      optimizer: { name: 'adamw', settings: { weightDecay: 7 } },
      parameters: new Map(),
    }),
  ).rejects.toThrow('weightDecay of adamw must be a number from 0 to 1, not 7.')
})

function closing(session: TrainingSession): { session: TrainingSession } & AsyncDisposable {
  return { session, [Symbol.asyncDispose]: () => session.close() }
}
