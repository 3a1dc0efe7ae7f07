import { describe, expect, it } from 'vitest'
import { presetPolicy } from '../../../shared/policy.ts'
import { expectedSeconds, planTraining, type PlanInput } from './plan.ts'
import { defaultSettings } from '../settings/settings.ts'

const measured = (speeds: Record<string, number>): PlanInput['speeds'] => ({
  get: (kind, model, side) => speeds[`${kind} ${model} ${side}`] ?? null,
})
const scratch: PlanInput = {
  settings: { ...defaultSettings('simple_cnn', 'scratch', 1500), epochs: 40 },
  photos: { train: 1000, validation: 200, test: 200 },
  seenBefore: 0,
  freeMemory: 16e9,
  cores: 2,
  suggestedRate: null,
  speeds: measured({ 'train simple_cnn 96': 400, 'view simple_cnn 96': 2000 }),
  problems: [],
  warnings: [],
}
const frozen: PlanInput = {
  ...scratch,
  settings: { ...defaultSettings('vit_tiny_patch16_224', 'frozen', 1500), epochs: 10 },
  speeds: measured({ 'features vit_tiny_patch16_224 224': 100, 'head vit_tiny_patch16_224 0': 10_000 }),
}

describe('the plan of a run', () => {
  it('estimates training from scratch by the epochs and by looking at all photos once more', () => {
    const { seconds, phases } = planTraining(scratch)
    expect(phases).toEqual([
      { name: 'Training', seconds: (40 * 1000) / 400 + (40 * 200) / 2000 },
      { name: 'Testing', seconds: 1400 / 2000 },
      { name: 'Saving', seconds: 1.5 },
    ])
    expect(seconds).toBeCloseTo(100 + 4 + 0.7 + 1.5)
  })

  it('estimates a frozen backbone by the views that were not looked at before', () => {
    const [features, head] = planTraining(frozen).phases
    expect(features?.seconds).toBeCloseTo((2 * 1000 + 400) / 100)
    expect(head?.seconds).toBeCloseTo((10 * 2000) / 10_000)
    expect(planTraining({ ...frozen, seenBefore: 1400 }).phases[0]?.seconds).toBe(0)
    expect(planTraining({ ...frozen, seenBefore: 700 }).phases[0]?.seconds).toBeCloseTo(12)
    const more = { ...frozen.settings, extraViews: 3, augmentation: presetPolicy('none') }
    expect(planTraining({ ...frozen, settings: more }).phases[0]?.seconds).toBeCloseTo((4 * 1000 + 400) / 100)
  })

  it('counts every view that photos are judged by', () => {
    const judged = (input: PlanInput, preset: 'none' | 'standard'): PlanInput => ({
      ...input,
      settings: { ...input.settings, augmentation: { ...presetPolicy(preset), testTime: { mirror: 1 } } },
    })
    const [training, testing] = planTraining(judged(scratch, 'standard')).phases
    expect(training?.seconds).toBeCloseTo((40 * 1000) / 400 + (2 * 40 * 200) / 2000)
    expect(testing?.seconds).toBeCloseTo((2 * 1400) / 2000)
    // Mirrors of training photos are looked at whether they are learned from or not, and learned from only then.
    for (const [preset, rows] of [
      ['standard', 2000],
      ['none', 1000],
    ] as const) {
      const [features, head] = planTraining(judged(frozen, preset)).phases
      expect(features?.seconds).toBeCloseTo((2 * 1400) / 100)
      expect(head?.seconds).toBeCloseTo((10 * rows) / 10_000)
    }
  })

  it('says that it does not know what was never measured', () => {
    const unknown = { ...scratch, speeds: measured({ 'view simple_cnn 96': 2000 }) }
    expect(planTraining(unknown).seconds).toBeNull()
    expect(planTraining(unknown).phases[0]?.seconds).toBeNull()
    expect(expectedSeconds(unknown)).toEqual({ testing: 0.7, saving: 1.5 })
  })

  it('passes problems and warnings on, and has some of its own', () => {
    expect(planTraining({ ...scratch, problems: ['No label.'], warnings: ['Few.'] })).toMatchObject({
      problems: ['No label.'],
      warnings: ['Few.'],
    })
    const small = { ...scratch, photos: { train: 20, validation: 5, test: 0 } }
    const [batch, test] = planTraining(small).warnings
    expect(batch).toMatch(/A batch of 32 is more than the 20 training photos.*batches of 4 learn better/)
    expect(test).toMatch(/too few photos/)
    // With a frozen backbone a photo is several samples.
    const views = { ...frozen, photos: small.photos, settings: { ...frozen.settings, batchSize: 32 } }
    expect(planTraining(views).warnings).toHaveLength(1)
    expect(planTraining({ ...views, settings: { ...views.settings, batchSize: 64 } }).warnings[0]).toMatch(
      /A batch of 64 is more than the 40 views of the training photos.*batches of 8 learn better/,
    )
    const long = { ...frozen.settings, warmupEpochs: 10 }
    expect(planTraining({ ...frozen, settings: long }).warnings[0]).toMatch(/warm-up of 10 epochs/)
  })

  it('doubts a learning rate that is far from what the search found', () => {
    const at = (learningRate: number, suggestedRate: number | null = 0.0069) =>
      planTraining({ ...scratch, suggestedRate, settings: { ...scratch.settings, learningRate } }).warnings
    expect(at(0.05)).toEqual([
      'A learning rate of 0.05 is 7.2 times the 0.0069 that the search found for these settings: the loss may grow instead of falling.',
    ])
    expect(at(0.0003)).toEqual([
      'A learning rate of 0.0003 is 23 times smaller than the 0.0069 that the search found for these settings: learning may take so many times as long.',
    ])
    expect([...at(0.03), ...at(0.0069), ...at(0.0015)]).toEqual([])
    expect(at(5, null)).toEqual([])
  })

  it('draws the learning rate of the run', () => {
    const { rates } = planTraining(scratch)
    expect(rates).toHaveLength(97)
    expect(Math.max(...rates)).toBeCloseTo(3e-3, 4)
    expect(rates.at(-1)).toBeLessThan(1e-6)
  })
})
