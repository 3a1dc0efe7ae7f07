import { describe, expect, test } from 'vitest'
import * as g from '../graph/index.ts'
import type { Pass, Tensor } from '../graph/index.ts'
import { stream } from '../random/index.ts'
import { buildUpdateGraph } from './training-graph.ts'
import type { TrainingPlan } from './training-graph.ts'
import { TrainingSession } from './training-session.ts'
import type { TrainingOptions } from './training-session.ts'

const start = { kind: 'uniform', bound: 0.5 } as const
const features = 5
const classes = 3

const layer = (pass: Pass, name: string, x: Tensor, width: number): Tensor =>
  g.linear(
    x,
    pass.parameter(`${name}.weight`, [width, Number(x.shape[1])], start),
    pass.parameter(`${name}.bias`, [width], start),
  )

/** Two layers without batch norm. */
const plain = (pass: Pass, x: Tensor): Tensor => layer(pass, 'head', g.tanh(layer(pass, 'stem', x, 4)), classes)

/** A batch norm, a branch that may be left out, and dropout. */
function busy(pass: Pass, x: Tensor): Tensor {
  const seen = g.relu(g.batchNorm(pass, 'bn', layer(pass, 'stem', x, 4)))
  const branch = g.dropPath(pass, 'branch.drop_path', g.tanh(layer(pass, 'branch', seen, 4)), 0.3)
  return layer(pass, 'head', g.dropout(pass, 'head dropout', g.add(seen, branch), 0.2), classes)
}

const uniform = (purpose: string, step: number, length: number): Float32Array =>
  stream({ seed: 3, step, purpose }).fillUniform(new Float32Array(length))

function parametersOf(model: TrainingPlan['model']): Map<string, Float32Array> {
  const pass = new g.Pass({ training: false })
  model(pass, g.input('inputs', ['N', features]))
  return new Map(pass.variables.map(({ name, shape }) => [name, uniform(name, 0, g.sizeOf(shape))]))
}

async function open(options: Partial<TrainingOptions> = {}): Promise<TrainingSession & AsyncDisposable> {
  const { model = plain } = options
  const session = await TrainingSession.create({
    model,
    inputShape: [features],
    classes,
    batchSize: 4,
    targets: 'labels',
    optimizer: { name: 'sgd', settings: { momentum: 0.9 } },
    parameters: parametersOf(model),
    execution: { threads: 1 },
    ...options,
  })
  return Object.assign(session, { [Symbol.asyncDispose]: () => session.close() })
}

/** `count` samples from the one numbered `first`. */
const samples = (first: number, count: number) => ({
  inputs: uniform('inputs', 0, (first + count) * features).subarray(first * features),
  targets: Int32Array.from({ length: count }, (_, i) => (first + i) % classes),
})

/** The numbered steps; each is a function of its number alone. */
async function run(session: TrainingSession, from: number, to: number, count = 4): Promise<number[]> {
  const losses: number[] = []
  for (let step = from; step < to; step++) {
    const random = (purpose: string, shape: readonly number[]) => uniform(purpose, step, g.sizeOf(shape))
    const { loss } = await session.step(samples(step * count, count), { learningRate: 0.1, random })
    losses.push(loss)
  }
  return losses
}

const copy = async (session: TrainingSession) =>
  new Map([...(await session.parameters())].map(([name, values]) => [name, values.slice()]))
const changed = async (session: TrainingSession, before: ReadonlyMap<string, Float32Array>): Promise<string[]> =>
  [...(await session.parameters())]
    .filter(([name, values]) => String(values) !== String(before.get(name)))
    .map(([name]) => name)

describe('gradient accumulation', () => {
  test('three batches of four make the update of one batch of twelve', async () => {
    for (const clipNorm of [undefined, 0.1]) {
      const clip = clipNorm === undefined ? {} : { clipNorm }
      await using small = await open({ accumulation: 3, ...clip })
      await using large = await open({ batchSize: 12, ...clip })
      const results = []
      for (let part = 0; part < 6; part++) results.push(await small.step(samples(part * 4, 4), { learningRate: 0.1 }))
      const whole = [
        await large.step(samples(0, 12), { learningRate: 0.1 }),
        await large.step(samples(12, 12), { learningRate: 0.1 }),
      ]
      expect(results.map(({ updated }) => updated)).toEqual([false, false, true, false, false, true])
      expect(small.steps).toBe(2)
      expect(results[2]!.gradientNorm).toBeCloseTo(whole[0]!.gradientNorm, 5)
      expect(results[5]!.gradientNorm).toBeCloseTo(whole[1]!.gradientNorm, 5)
      expect((results[3]!.loss + results[4]!.loss + results[5]!.loss) / 3).toBeCloseTo(whole[1]!.loss, 5)
      const ours = await small.parameters()
      for (const [name, values] of await large.parameters()) {
        values.forEach((value, i) => expect(ours.get(name)![i], name).toBeCloseTo(value, 6))
      }
    }
  })

  test('weights stay, statistics move, until the update', async () => {
    await using session = await open({ model: busy, accumulation: 2 })
    const before = await copy(session)
    await run(session, 0, 1)
    expect(await changed(session, before)).toEqual(['bn.running_mean', 'bn.running_var'])
    await run(session, 1, 2)
    // A bias before a batch norm has no effect.
    const all = [...before.keys()].filter((name) => name !== 'stem.bias')
    expect((await changed(session, before)).filter((name) => name !== 'stem.bias')).toEqual(all)
  })
})

describe('averages of the weights', () => {
  test('follow the weights as the decay says, and are what predict is asked for', async () => {
    const decay = 0.9
    await using session = await open({ model: busy, averaging: { decay } })
    let expected = await copy(session)
    expect(await session.parameters({ averaged: true })).toEqual(expected)
    for (let step = 0; step < 4; step++) {
      await run(session, step, step + 1)
      const keep = step === 0 ? 0 : decay
      expected = new Map(
        [...(await session.parameters())].map(([name, values]) => [
          name,
          values.map((value, i) => keep * expected.get(name)![i]! + (1 - keep) * value),
        ]),
      )
      for (const [name, values] of await session.parameters({ averaged: true })) {
        values.forEach((value, i) => expect(value, name).toBeCloseTo(expected.get(name)![i]!, 6))
      }
    }
    const { inputs } = samples(0, 7)
    await using other = await open({ model: busy, parameters: await session.parameters({ averaged: true }) })
    expect(await session.predict(inputs, { averaged: true })).toEqual(await other.predict(inputs))
    expect(await session.predict(inputs)).not.toEqual(await other.predict(inputs))
  })

  test('are refused where none are kept', async () => {
    await using session = await open()
    await expect(session.parameters({ averaged: true })).rejects.toThrow('keeps no average')
  })
})

describe('what does not learn', () => {
  test('running statistics are used and not moved, while weights of batch norms learn', async () => {
    await using session = await open({ model: busy, frozenStatistics: true })
    const before = await copy(session)
    await run(session, 0, 2)
    expect(await changed(session, before)).toEqual([...before.keys()].filter((name) => !name.includes('running')))
    await using moving = await open({ model: busy })
    expect(await run(moving, 0, 1)).not.toEqual(await run(session, 0, 1))
  })

  test('no gradient is computed below the first layer that learns', () => {
    const count = (trainable?: (name: string) => boolean): number => {
      const { outputs } = buildUpdateGraph({
        model: (pass, x) => layer(pass, 'head', g.tanh(layer(pass, 'middle', g.tanh(layer(pass, 'stem', x, 4)), 4)), 3),
        inputShape: [features],
        classes,
        batchSize: 4,
        targets: 'labels',
        optimizer: { name: 'sgd' },
        ...(trainable === undefined ? {} : { trainable }),
      })
      return g.lower(outputs, { device: 'cpu' }).nodes.filter(({ op }) => /MatMul|Gemm/.test(op)).length
    }
    // Forward 3; backward one product for each weight that learns and one for each layer passed on the way down to it.
    expect(count()).toBe(3 + 3 + 2)
    expect(count((name) => !name.startsWith('stem.'))).toBe(3 + 2 + 1)
    expect(count((name) => name.startsWith('head.'))).toBe(3 + 1)
  })
})

test('the rate of a parameter is scaled', async () => {
  const rateScale = (name: string) => (name.startsWith('stem.') ? 0.25 : 1)
  const plan = { optimizer: { name: 'adamw', settings: { weightDecay: 0 } } }
  await using scaled = await open({ ...plan, rateScale })
  await using slow = await open(plan)
  await using fast = await open(plan)
  await scaled.step(samples(0, 4), { learningRate: 0.1 })
  await slow.step(samples(0, 4), { learningRate: 0.025 })
  await fast.step(samples(0, 4), { learningRate: 0.1 })
  for (const [name, values] of await scaled.parameters()) {
    const expected = (await (name.startsWith('stem.') ? slow : fast).parameters()).get(name)
    expect(values, name).toEqual(expected)
  }
})

test('everything at once is resumed to the bit, in the middle of an accumulation too', async () => {
  const plan = {
    model: busy,
    optimizer: { name: 'adamw' },
    accumulation: 3,
    averaging: { decay: 0.99, warmup: true },
    clipNorm: 1,
    rateScale: (name: string) => (name.startsWith('stem.') ? 0.5 : 1),
  }
  await using whole = await open(plan)
  const losses = await run(whole, 0, 11)
  for (const at of [4, 5, 6]) {
    await using first = await open(plan)
    await run(first, 0, at)
    const state = await first.readState()
    expect([...state].map(([name, { length }]) => [name, length])).toEqual(
      [...first.stateShapes].map(([name, shape]) => [name, g.sizeOf(shape)]),
    )
    await using second = await open({ ...plan, execution: first.execution })
    await run(second, 20, 22)
    await second.writeState(state)
    expect(await second.readState()).toEqual(state)
    expect(await run(second, at, 11)).toEqual(losses.slice(at))
    expect(await second.readState()).toEqual(await whole.readState())
    expect(await second.parameters({ averaged: true })).toEqual(await whole.parameters({ averaged: true }))
  }
})

test('the execution is told, and taken over', async () => {
  await using chosen = await open({ execution: {} })
  expect(chosen.execution.device).toBe('cpu')
  expect(chosen.execution.threads).toBeGreaterThan(0)
  const stored = JSON.parse(JSON.stringify({ ...chosen.execution, threads: 1, block: null })) as object
  await using resumed = await open({ execution: stored })
  expect(resumed.execution).toEqual(stored)
})
