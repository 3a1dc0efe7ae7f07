import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as g from './index.ts'
import type { Pass, Tensor } from './index.ts'
import { describeShared, readShared, sharedFolder } from './testing.ts'

/** The test network of the oracle, as its README describes it. */
function smallCnn(pass: Pass, images: Tensor): Tensor {
  const weights = { kind: 'constant', value: 0 } as const
  const conv = (name: string, shape: number[]): Tensor => pass.parameter(`${name}.weight`, shape, weights)
  const first = g.relu(g.batchNorm(pass, 'bn1', g.conv2d(images, conv('conv1', [8, 3, 3, 3]), { pads: 1 })))
  const second = g.conv2d(g.maxPool2d(first, 2), conv('conv2', [16, 8, 3, 3]), { strides: 2, pads: 1 })
  const third = g.conv2d(g.relu(g.batchNorm(pass, 'bn2', second)), conv('conv3', [16, 1, 3, 3]), {
    bias: pass.parameter('conv3.bias', [16], weights),
    pads: 1,
    group: 16,
  })
  const pooled = g.globalAveragePool(g.gelu(third))
  return g.linear(pooled, pass.parameter('fc.weight', [5, 16], weights), pass.parameter('fc.bias', [5], weights))
}

interface Trace {
  readonly optimizer: string
  readonly settings: Readonly<Record<string, number | boolean | number[]>>
  readonly labels: number[]
  readonly clip?: number
  readonly labelSmoothing?: number
  readonly losses: number[]
  readonly gradientNormsBeforeClipping: number[]
  readonly stateAfter: [name: string, norm: number, first: number[]][]
}

interface WeightRule {
  tensor(name: string, shape: readonly number[]): Float32Array
  images(count: number, size: number): Float32Array
}

/** The oracle's names where they differ from ours. */
const optimizerNames: Readonly<Record<string, string>> = { nesterov: 'sgd', adamw_gentle: 'adamw' }
const variants = ['sgd', 'nesterov', 'adam', 'adamw', 'adamw_gentle', 'rmsprop', 'clip', 'smoothing', 'frozen']

function settingsOf({ settings }: Trace): Record<string, number> {
  const [beta1, beta2] = (settings['betas'] ?? []) as number[]
  const all = {
    momentum: settings['momentum'],
    nesterov: settings['nesterov'] === undefined ? undefined : Number(settings['nesterov']),
    weightDecay: settings['weight_decay'],
    epsilon: settings['eps'],
    alpha: settings['alpha'],
    beta1,
    beta2,
  }
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, number] => entry[1] !== undefined))
}

describeShared('Training the small network', 'oracle/training/small_cnn.sgd.json', () => {
  test.each(variants)('%s', async (variant) => {
    const trace = readShared<Trace>(`oracle/training/small_cnn.${variant}.json`)
    const rule = (await import(
      pathToFileURL(join(sharedFolder, 'oracle/generate/models-weight-rule.mjs')).href
    )) as WeightRule
    const pass = new g.Pass({ training: false })
    smallCnn(pass, g.input('images', ['N', 3, 32, 32]))
    const parameters = new Map(pass.variables.map(({ name, shape }) => [name, rule.tensor(name, shape)]))
    const frozen = variant === 'frozen'
    const session = await g.TrainingSession.create({
      model: smallCnn,
      inputShape: [3, 32, 32],
      classes: 5,
      batchSize: 8,
      targets: 'labels',
      loss: (logits, targets) => g.crossEntropy(logits, targets, { labelSmoothing: variant === 'smoothing' ? 0.1 : 0 }),
      optimizer: { name: optimizerNames[trace.optimizer] ?? trace.optimizer, settings: settingsOf(trace) },
      decays: () => true,
      ...(frozen ? { trainable: (name) => name.startsWith('fc.') } : {}),
      ...(trace.clip === undefined || trace.clip === null ? {} : { clipNorm: trace.clip }),
      parameters,
      execution: { threads: 1 },
    })
    const batch = { inputs: rule.images(8, 32), targets: Int32Array.from(trace.labels) }
    for (const [i, expected] of trace.losses.entries()) {
      const { loss, gradientNorm } = await session.step(batch, { learningRate: trace.settings['lr'] as number })
      expect(Math.abs(loss / expected - 1), `loss of step ${i + 1}: ${loss}`).toBeLessThan(1e-5)
      expect(Math.abs(gradientNorm / (trace.gradientNormsBeforeClipping[i] ?? 0) - 1)).toBeLessThan(1e-4)
    }
    const after = await session.parameters()
    for (const [name, norm, first] of trace.stateAfter) {
      const values = after.get(name) ?? new Float32Array()
      expect(Math.abs(Math.hypot(...values) / norm - 1), `norm of ${name}`).toBeLessThan(1e-4)
      first.forEach((value, i) => {
        expect(Math.abs((values[i] ?? Number.NaN) - value), `${name}[${i}]`).toBeLessThan(1e-4 + 1e-4 * Math.abs(value))
      })
    }
    await session.close()
  })
})
