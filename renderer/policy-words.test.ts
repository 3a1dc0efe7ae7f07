import { expect, test } from 'vitest'
import { policy, presetPolicy } from '../shared/policy.ts'
import { policyText, settingText } from './policy-words.ts'

test('a number is said with its unit', () => {
  expect(settingText({ unit: '%' }, 0.125)).toBe('12.5 %')
  expect(settingText({ unit: '°' }, 15)).toBe('15°')
  expect(settingText({}, 4 / 3)).toBe('1.33')
})

test('a policy is said by its transforms', () => {
  expect(policyText(presetPolicy('none'))).toBe('Every photo is shown as it is.')
  expect(policyText(presetPolicy('standard'))).toBe('Random crop, mirror (50 %), light and colour.')
  expect(policyText(policy.parse({ version: 1, randAugment: {}, rotation: { probability: 0.3 }, mix: {} }))).toBe(
    'Rotation 15° (30 %), RandAugment, CutMix and MixUp.',
  )
  expect(policyText(policy.parse({ version: 1, horizontalFlip: {}, testTime: {} }))).toBe(
    'Mirror (50 %), test-time augmentation: its mirror.',
  )
  expect(policyText(policy.parse({ version: 1, testTime: { mirror: 0 } }))).toBe('Test-time augmentation.')
})
