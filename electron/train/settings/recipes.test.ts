import { describe, expect, it } from 'vitest'
import { trainSettings } from '../../../shared/training.ts'
import { numberFields } from '../../../shared/setting-fields.ts'
import { modelEntries } from '../../engine/index.ts'
import { trainingChoices } from './choices.ts'
import { recipeOf } from './recipes.ts'
import { settingProblems } from './setting-problems.ts'
import { defaultSettings } from './settings.ts'
import { featuredWays, modesOf, ways } from './ways.ts'

describe('the ways of training', () => {
  it('are there for every model of the registry, each once', () => {
    expect(new Set(ways.map(({ model }) => model))).toEqual(new Set(modelEntries.map(({ name }) => name)))
    expect(new Set(ways.map(({ model, mode }) => `${model} ${mode}`)).size).toBe(ways.length)
    expect(ways.slice(0, 2)).toEqual(featuredWays)
    expect(modesOf('simple_cnn')).toEqual(['scratch'])
    expect(modesOf('tf_mobilenetv2_100')).toEqual(['frozen', 'finetune'])
    expect(modesOf('resnet18')).toEqual(['frozen', 'finetune', 'scratch'])
  })

  it.each(ways.map(({ model, mode }) => [model, mode] as const))(
    '%s %s has defaults that can be used',
    (model, mode) => {
      for (const labelled of [10, 500, 20_000]) {
        const { settings, reasons } = recipeOf({ model, mode }, labelled)
        expect(trainSettings.parse(settings)).toEqual(settings)
        expect(settingProblems(settings)).toEqual([])
        // What decides a run is explained.
        for (const key of ['epochs', 'learningRate', 'optimizer', 'patience'] as const) {
          expect(reasons[key], key).toMatch(/^[A-Z].*\.$/)
        }
        for (const key of Object.keys(reasons)) expect(Object.keys(settings)).toContain(key)
      }
    },
  )

  it('have smaller batches for few photos, and fewer epochs for many', () => {
    expect(defaultSettings('vit_tiny_patch16_224', 'frozen', 60).batchSize).toBe(16)
    expect(defaultSettings('vit_tiny_patch16_224', 'frozen', 1500).batchSize).toBe(64)
    expect(defaultSettings('simple_cnn', 'scratch', 1500).epochs).toBe(28)
    expect(defaultSettings('resnet18', 'scratch', 1500).epochs).toBe(40)
    expect(defaultSettings('simple_cnn', 'scratch', 20_000).epochs).toBe(16)
    expect(defaultSettings('vit_tiny_patch16_224', 'finetune', 1500).epochs).toBe(6)
  })

  it('are refused by name where there are none', () => {
    expect(() => defaultSettings('simple_cnn', 'frozen', 10)).toThrow(
      'cannot be trained “frozen”; choose one of scratch',
    )
    expect(() => defaultSettings('vgg16', 'frozen', 10)).toThrow('There is no model “vgg16”; choose one of simple_cnn')
  })
})

describe('settings that cannot be used', () => {
  const base = defaultSettings('resnet18', 'finetune', 100)
  it.each([
    [{ optimizer: 'newton' }, /There is no optimiser 'newton': choose one of adamw/],
    [{ optimizerSettings: { momentum: 2 } }, /adamw has no setting 'momentum'/],
    [{ schedule: 'never' }, /There is no schedule 'never'/],
    [{ scheduleSettings: { floor: 2 } }, /floor of cosine must be a number from 0 to 1, not 2/],
    [{ loss: 'hinge' }, /There is no loss 'hinge'/],
    [{ classWeights: 'some' }, /There is no class weighting 'some'/],
    [{ stages: 6 }, /resnet18 has 5 stages/],
    [{ model: 'mobilenetv2_100', dropPath: 0.1, stages: 9 }, /has 8 stages/],
  ])('are named: %j', (change, sentence) => {
    expect(settingProblems({ ...base, ...change }).join(' ')).toMatch(sentence)
  })
  it('name an option that a family has no use for, and a size that does not fit', () => {
    const cnn = defaultSettings('simple_cnn', 'scratch', 100)
    expect(settingProblems({ ...cnn, dropPath: 0.1 }).join(' ')).toContain('set dropPath to 0')
    const odd = { ...defaultSettings('vit_tiny_patch16_224', 'frozen', 100), imageSize: 100 }
    expect(settingProblems(odd)).toEqual([expect.stringContaining('multiples of 16')])
  })
})

describe('the choices of a form', () => {
  it('name the registries, with ranges and words for every number', () => {
    for (const entries of Object.values(trainingChoices)) {
      expect(entries.length).toBeGreaterThan(1)
      for (const { label, description, settings } of entries) {
        expect(label).not.toBe('')
        expect(description).toMatch(/\.$/)
        for (const { minimum, maximum, default: usual } of settings) {
          expect(usual).toBeGreaterThanOrEqual(minimum)
          expect(usual).toBeLessThanOrEqual(maximum)
        }
      }
    }
    expect(trainingChoices.optimizer.map(({ name }) => name)).toContain('lion')
    expect(trainingChoices.optimizer[0]?.settings.map(({ name }) => name)).not.toContain('weightDecay')
    const numbers = Object.entries(defaultSettings('simple_cnn', 'scratch', 10)).flatMap(([key, value]) =>
      typeof value === 'number' ? [key] : [],
    )
    expect(Object.keys(numberFields).sort()).toEqual(numbers.sort())
  })
})
