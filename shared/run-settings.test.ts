import { expect, test } from 'vitest'
import { differs, flattenSettings, settingsSideBySide, settingText, settingTitle } from './run-settings.ts'

test('settings become keys and values, whatever their form', () => {
  expect(
    flattenSettings({
      seed: 1,
      augmentation: { flip: 0.5, transforms: [{ name: 'blur', probability: 0.2 }, { sigma: 3 }] },
      layers: [64, 128],
      weights: null,
      nothing: undefined,
    }),
  ).toEqual({
    seed: 1,
    'augmentation.flip': 0.5,
    'augmentation.transforms.blur.name': 'blur',
    'augmentation.transforms.blur.probability': 0.2,
    'augmentation.transforms.2.sigma': 3,
    layers: '64, 128',
    weights: null,
  })
})

test('keys and values have words', () => {
  expect(settingTitle('learningRate')).toBe('Learning rate')
  expect(settingTitle('augmentation.cropMin')).toBe('Augmentation: crop min')
  expect([0.1 + 0.2, true, null, undefined, 'adamw'].map(settingText)).toEqual(['0.3', 'yes', '–', '–', 'adamw'])
})

test('settings of several runs stand side by side', () => {
  const rows = settingsSideBySide([
    { seed: 1, flip: 0.5 },
    { seed: 1, flip: 0, ema: true },
  ])
  expect(rows).toEqual([
    { key: 'seed', values: [1, 1] },
    { key: 'flip', values: [0.5, 0] },
    { key: 'ema', values: [undefined, true] },
  ])
  expect(rows.map(differs)).toEqual([false, true, true])
})
