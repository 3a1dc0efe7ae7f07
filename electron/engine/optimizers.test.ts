import { expect, test } from 'vitest'
import * as g from './index.ts'
import type { Tensor, TensorValue } from './index.ts'
import { describeShared, readShared } from './testing.ts'

interface Trace {
  readonly name: string
  readonly library: string
  readonly class: string
  readonly arguments: Readonly<Record<string, number | boolean | number[] | null>>
  readonly steps: number
  readonly learningRates?: readonly number[]
  readonly after: readonly (readonly number[])[]
}
interface Clipping {
  readonly mode: 'norm' | 'value'
  readonly maximum: number
  readonly normBefore?: number
  readonly after: readonly unknown[]
}
interface Oracle {
  readonly parameter: readonly number[]
  readonly gradients: readonly (readonly number[])[]
  readonly traces: readonly Trace[]
  readonly ema: {
    readonly weight: readonly number[]
    readonly running: readonly number[]
    readonly cases: readonly {
      readonly name: string
      readonly decay: number
      readonly after: readonly { readonly weight: number[]; readonly running: number[]; readonly decayUsed: number }[]
    }[]
  }
  readonly clipping: { readonly gradients: readonly unknown[]; readonly cases: readonly Clipping[] }
}

/** Variants and optimisers that Fleuron does not offer, by the names of their traces; nor is Muon, in a part of its own. */
const notOffered = [
  'momentum dampening',
  'sgdw nesterov',
  'adam amsgrad',
  // timm's NAdamW is another algorithm than PyTorch's NAdam.
  'nadamw',
  'rmsprop centered',
  'rmsprop tf',
  'rmsprop tf weight decay',
  'rmsprop tf, changing rate',
  'adadelta',
  'adadelta weight decay',
  'adamax',
  'adamax weight decay',
  'lamb trust clip',
  'lars',
  'lars no decay',
  'lars nesterov always adapt',
  'lars trust clip',
  'lars, changing rate',
]

function settingsOf(optimizer: g.OptimizerDefinition, trace: Trace): g.Settings {
  const [beta1, beta2] = (trace.arguments['betas'] ?? []) as number[]
  const a = trace.arguments as Record<string, number>
  // The library's defaults, which are not ours, stand for what a trace does not name.
  const given: Record<string, number | undefined> = {
    momentum: a['momentum'] ?? 0,
    nesterov: Number(a['nesterov'] ?? 0),
    weightDecay: a['weight_decay'] ?? 0,
    decoupled: Number(a['decoupled_weight_decay'] ?? 0),
    momentumDecay: a['momentum_decay'],
    rateDecay: a['lr_decay'],
    start: a['initial_accumulator_value'],
    epsilon: a['eps'],
    alpha: a['alpha'],
    beta1,
    beta2,
  }
  const asked = optimizer.settings.map(({ name }) => [name, given[name]] as const)
  return g.completeSettings(
    optimizer,
    Object.fromEntries(asked.filter((entry): entry is [string, number] => entry[1] !== undefined)),
  )
}

async function compute(outputs: Record<string, Tensor>): Promise<g.Session> {
  return g.openSession(g.writeModel(g.lower(outputs, { device: 'cpu' })), { threads: 1 })
}

const inputs = (list: readonly string[], shape: readonly number[]): Record<string, Tensor> =>
  Object.fromEntries(list.map((name) => [name, g.input(name, shape)]))

const flat = (values: readonly unknown[]): number[][] => values.map((value) => [value].flat(4) as number[])

describeShared('Optimisers and clipping', 'oracle/optimizers.json', () => {
  const oracle = readShared<Oracle>('oracle/optimizers.json')
  const traces = oracle.traces
    .filter(({ name }) => !notOffered.includes(name))
    .map((trace) => [trace.name, trace] as const)

  test('every trace is followed or named as not offered, every optimiser has some', () => {
    expect(traces).toHaveLength(oracle.traces.length - notOffered.length)
    expect(new Set(traces.map(([, trace]) => trace.class.toLowerCase()))).toEqual(
      new Set(g.optimizers.map(({ name }) => name)),
    )
  })

  test.each(traces)('%s', async (_, trace) => {
    const optimizer = g.byName(g.optimizers, 'optimiser', trace.class.toLowerCase())
    const settings = settingsOf(optimizer, trace)
    const shape = [oracle.parameter.length]
    const slotNames = optimizer.slots(settings)
    const scalarNames = Object.keys(optimizer.scalars(1, 1, settings))
    const whole = g.input('gradient', shape)
    // LAMB of timm clips by itself; here that is the plan's.
    const maximum = trace.arguments['max_grad_norm'] as number | null | undefined
    const [gradient = whole] = maximum ? g.clipByGlobalNorm([whole], g.globalNorm([whole]), maximum) : []
    const { parameter, slots } = optimizer.update({
      parameter: g.input('parameter', shape),
      gradient,
      slots: inputs(slotNames, shape),
      scalars: inputs(scalarNames, []),
      settings,
      weightDecay: settings['weightDecay'] ?? 0,
    })
    const next = Object.fromEntries(Object.entries(slots).map(([name, tensor]) => [`next.${name}`, tensor]))
    const session = await compute({ 'next.parameter': parameter, ...next })

    const state = new Map<string, Float32Array>([
      ['parameter', Float32Array.from(oracle.parameter)],
      ...slotNames.map((name) => [name, new Float32Array(shape[0] ?? 0)] as const),
    ])
    for (let step = 0; step < trace.steps; step++) {
      const rate = trace.learningRates?.[step] ?? (trace.arguments['lr'] as number)
      const feeds: Record<string, TensorValue> = {
        gradient: { data: Float32Array.from(oracle.gradients[step] ?? []), shape },
      }
      for (const [name, data] of state) feeds[name] = { data, shape }
      for (const [name, value] of Object.entries(optimizer.scalars(step + 1, rate, settings))) {
        feeds[name] = { data: Float32Array.of(value), shape: [] }
      }
      const used = session.inputNames.map((name) => [name, feeds[name] as TensorValue])
      const results = await session.run(Object.fromEntries(used))
      for (const name of state.keys()) state.set(name, results[`next.${name}`]?.data as Float32Array)
      trace.after[step]?.forEach((expected, i) => {
        const error = Math.abs((state.get('parameter')?.[i] ?? Number.NaN) - expected)
        expect(error, `element ${i} after step ${step + 1}`).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(expected)))
      })
    }
    await session.close()
  })

  test.each(oracle.clipping.cases)('clipping by $mode to $maximum', async (of) => {
    const tensors = flat(oracle.clipping.gradients).map((values) => g.constant(values))
    const norm = g.globalNorm(tensors)
    const clipped =
      of.mode === 'norm'
        ? g.clipByGlobalNorm(tensors, norm, of.maximum)
        : tensors.map((tensor) => g.clip(tensor, -of.maximum, of.maximum))
    const session = await compute({ norm, ...Object.fromEntries(clipped.map((tensor, i) => [`gradient${i}`, tensor])) })
    const results = await session.run({})
    await session.close()
    if (of.normBefore !== undefined) expect(results['norm']?.data[0]).toBeCloseTo(of.normBefore, 5)
    flat(of.after).forEach((values, i) =>
      values.forEach((value, k) => expect(results[`gradient${i}`]?.data[k]).toBeCloseTo(value, 5)),
    )
  })

  test.each(oracle.ema.cases)('averages of weights: $name', async ({ name, decay, after }) => {
    const { weight, running } = oracle.ema
    const counted = name.startsWith('step')
    const shape = [weight.length]
    const session = await compute({
      average: g.averaged(g.input('old', shape), g.input('value', shape), g.input('decay', [])),
    })
    const values = { weight: [...weight], running: [...running] }
    const averages: Record<'weight' | 'running', Float32Array> = {
      weight: Float32Array.from(weight),
      running: Float32Array.from(running),
    }
    for (const [step, expected] of after.entries()) {
      values.weight = values.weight.map((value, i) => value - 0.25 * (oracle.gradients[step]?.[i] ?? 0))
      values.running = values.running.map((value) => value + 0.125)
      const used = counted ? g.averagingDecay({ decay, warmup: !name.includes('no warm-up') }, step + 1) : decay
      expect(used).toBeCloseTo(expected.decayUsed, 12)
      for (const key of ['weight', 'running'] as const) {
        const { average } = await session.run({
          old: { data: averages[key], shape },
          value: { data: Float32Array.from(values[key]), shape },
          decay: { data: Float32Array.of(used), shape: [] },
        })
        averages[key] = average?.data as Float32Array
        expected[key].forEach((value, i) => expect(averages[key][i]).toBeCloseTo(value, 5))
      }
    }
    await session.close()
  })
})

test('a long run of NAdam has finite steps', () => {
  const nadam = g.byName(g.optimizers, 'optimiser', 'nadam')
  const scalars = nadam.scalars(1e6, 0.01, g.completeSettings(nadam))
  expect(scalars['gradientStep']).toBeCloseTo(0.01 * 0.1, 10)
  expect(scalars['meanStep']).toBeCloseTo(0.01 * 0.9, 10)
})
