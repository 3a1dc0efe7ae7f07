import { expect, it } from 'vitest'
import type { TrainSettings } from '../../../shared/training.ts'
import { everything, killAndResume, remainsOf, trainUntilKilled, type Remains } from './kill-testing.ts'
import { quickSettings, shapesInput } from '../testing.ts'
import { shapesForAllTests } from './testing.ts'
import type { TrainJobResult } from './train-job.ts'

const { root, weights } = shapesForAllTests()

const ways: [name: string, kills: number, settings: TrainSettings][] = [
  ['from scratch', 12, quickSettings('scratch', everything)],
  ['the head of a frozen backbone', 8, quickSettings('frozen', { ...everything, epochs: 100, patience: 0 })],
]

it.skipIf(process.platform === 'win32').each(ways)(
  'a run (%s) killed at random moments ends bit for bit as if it had not been',
  async (name, kills, settings) => {
    const inputOf = (run: string) => ({
      ...shapesInput(root, settings, {
        run: `${name} ${run}`,
        weights: settings.mode === 'scratch' ? null : weights,
      }),
      checkpointSeconds: 0.02,
    })
    const undisturbed = inputOf('undisturbed')
    const began = performance.now()
    const result = (await trainUntilKilled(undisturbed, null)) as TrainJobResult
    const lifetime = performance.now() - began
    const expected = remainsOf(undisturbed, result)
    expect(expected.steps?.steps.length).toBeGreaterThan(expected.history.length)
    const ended: { remains: Remains; killed: number }[] = []
    await killAndResume({
      kills,
      inputOf: (run) => inputOf(String(run)),
      lifetime,
      ended: (remains, killed) => ended.push({ remains, killed }),
    })
    expect(ended.reduce((sum, { killed }) => sum + killed, 0)).toBe(kills)
    for (const { remains } of ended) expect(remains).toEqual(expected)
  },
)
