import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { convolutionsOf } from '../graph/index.ts'
import * as g from '../graph/index.ts'
import { fastestForms } from './form-times.ts'
import { TrainingSession } from './training-session.ts'

let cache = ''
const file = (): string => join(cache, 'convolution-forms.json')

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'fleuron-forms-'))
  vi.stubEnv('FLEURON_CACHE', cache)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, { recursive: true, force: true })
})

const machine = { threads: 1, block: null }

/** A convolution of some 300 million multiply-adds, so that measuring is worth it, and its gradients. */
function large(): g.Tensor[] {
  const [x, weight] = [g.input('x', [16, 64, 24, 24]), g.input('weight', [64, 64, 3, 3])]
  const y = g.conv2d(x, weight, { pads: 1 })
  return [y, ...g.gradients(y, [x, weight], y)]
}

test('every convolution with a choice gets one of its forms, and what was learnt is kept for the next time', async () => {
  const first = await fastestForms(large(), machine)
  for (const { key, forms } of convolutionsOf(large(), undefined)) {
    expect(
      forms.map(({ name }) => name),
      key,
    ).toContain(first[key])
  }
  // A busy machine learns nothing; what is known is used whoever found it.
  const choice = convolutionsOf(large(), undefined).find(({ key }) => key.startsWith('convInputGradient'))
  const other = choice?.forms[1]?.name ?? ''
  const { cpus } = await import('node:os')
  const { runtimeVersion } = await import('./session.ts')
  const label = [cpus()[0]?.model ?? '', '1 threads', 'block null', await runtimeVersion()].join(', ')
  writeFileSync(file(), JSON.stringify({ [label]: { [choice?.key ?? '']: other } }))
  expect((await fastestForms(large(), machine))[choice?.key ?? '']).toBe(other)
})

test('a damaged cache is made anew, small convolutions are estimated and not kept', async () => {
  writeFileSync(file(), '{"cut o')
  const [x, weight] = [g.input('x', [2, 8, 6, 6]), g.input('weight', [8, 8, 3, 3])]
  const y = g.conv2d(x, weight, { pads: 1 })
  const forms = await fastestForms(g.gradients(y, [x, weight], y), machine)
  expect(Object.keys(forms).length).toBeGreaterThan(0)
  expect(readFileSync(file(), 'utf8')).toBe('{"cut o')
})

test('a session that goes on computes with the forms of the one before', async () => {
  const open = (execution: TrainingSession['execution'] | { threads: number }): Promise<TrainingSession> =>
    TrainingSession.create({
      model: (pass, batch) => {
        const weight = pass.parameter('weight', [4, 3, 3, 3], { kind: 'constant', value: 0.1 })
        return g.globalAveragePool(g.conv2d(batch, weight, { pads: 1 }))
      },
      inputShape: [3, 8, 8],
      classes: 4,
      batchSize: 2,
      targets: 'labels',
      optimizer: { name: 'sgd' },
      parameters: new Map([['weight', new Float32Array(108).fill(0.1)]]),
      execution,
    })
  const first = await open({ threads: 1 })
  const [key = ''] = Object.keys(first.execution.forms).filter((name) => name.startsWith('convWeightGradient'))
  const forms = { ...first.execution.forms, [key]: 'shifts picked by a depthwise convolution' }
  const second = await open({ ...first.execution, forms })
  expect(second.execution.forms).toEqual(forms)
  await first.close()
  await second.close()
})
