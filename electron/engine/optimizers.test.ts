import { expect, test } from 'vitest'
import * as g from './index.ts'
import type { Tensor, TensorValue } from './index.ts'
import { describeShared, readShared } from './testing.ts'

interface Trace {
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
  readonly clipping: { readonly gradients: readonly unknown[]; readonly cases: readonly Clipping[] }
}

const names: Readonly<Record<string, string>> = { SGD: 'sgd', Adam: 'adam', AdamW: 'adamw', RMSprop: 'rmsprop' }
/** Variants of these optimisers that Fleuron does not offer. */
const notOffered = ['dampening', 'amsgrad', 'centered']

function settingsOf(optimizer: g.OptimizerDefinition, trace: Trace): g.Settings {
  const [beta1, beta2] = (trace.arguments['betas'] ?? []) as number[]
  const { momentum, nesterov, weight_decay, eps, alpha } = trace.arguments as Record<string, number>
  // The library's defaults, which are not ours, stand for what a trace does not name.
  const given: Record<string, number | undefined> = {
    momentum: momentum ?? 0,
    nesterov: Number(nesterov ?? 0),
    weightDecay: weight_decay ?? 0,
    epsilon: eps,
    alpha,
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
    .filter((trace) => trace.library === 'torch.optim' && trace.class in names)
    .filter((trace) => !notOffered.some((argument) => argument in trace.arguments))
    .map(
      (trace) =>
        [`${trace.class} ${JSON.stringify(trace.arguments)} ${trace.learningRates?.length ?? ''}`, trace] as const,
    )

  test('the oracle has traces of each', () => expect(traces.length).toBeGreaterThanOrEqual(14))

  test.each(traces)('%s', async (_, trace) => {
    const optimizer = g.byName(g.optimizers, 'optimiser', names[trace.class] ?? '')
    const settings = settingsOf(optimizer, trace)
    const shape = [oracle.parameter.length]
    const slotNames = optimizer.slots(settings)
    const scalarNames = Object.keys(optimizer.scalars(1, 1, settings))
    const { parameter, slots } = optimizer.update({
      parameter: g.input('parameter', shape),
      gradient: g.input('gradient', shape),
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

  test.each(oracle.clipping.cases.filter(({ mode }) => mode === 'norm'))('clipping to $maximum', async (of) => {
    const tensors = flat(oracle.clipping.gradients).map((values) => g.constant(values))
    const norm = g.globalNorm(tensors)
    const clipped = g.clipByGlobalNorm(tensors, norm, of.maximum)
    const session = await compute({ norm, ...Object.fromEntries(clipped.map((tensor, i) => [`gradient${i}`, tensor])) })
    const results = await session.run({})
    await session.close()
    expect(results['norm']?.data[0]).toBeCloseTo(of.normBefore ?? Number.NaN, 5)
    flat(of.after).forEach((values, i) =>
      values.forEach((value, k) => expect(results[`gradient${i}`]?.data[k]).toBeCloseTo(value, 5)),
    )
  })
})
