import { describe, expect, it } from 'vitest'
import { presetPolicy } from '../../../shared/policy.ts'
import { numberFields, type NumberKey } from '../../../shared/setting-fields.ts'
import type { TrainSettings } from '../../../shared/training.ts'
import {
  howLongText,
  learningText,
  parseNumber,
  problemIn,
  rangeOf,
  textOfRange,
  sizeText,
  viewsText,
} from './settings.ts'
import { plainSettings } from '../../../shared/testing.ts'

const settings: TrainSettings = {
  ...plainSettings,
  epochs: 40,
  learningRate: 0.001,
  warmupEpochs: 2,
  patience: 6,
  augmentation: presetPolicy('standard'),
}

describe('ranges', () => {
  it('are those of the contract', () => {
    expect(rangeOf('epochs')).toEqual({ min: 1, max: 10_000, integer: true, aboveMin: false })
    expect(rangeOf('learningRate')).toEqual({ min: 0, max: 10, integer: false, aboveMin: true })
    expect(rangeOf('warmupEpochs').integer).toBe(false)
    expect(textOfRange(rangeOf('epochs'))).toBe('1 to 10,000')
    expect(textOfRange(rangeOf('learningRate'))).toBe('above 0, up to 10')
  })
  it('exist for every number of the form', () => {
    for (const key of Object.keys(numberFields) as NumberKey[]) {
      const { min, max } = rangeOf(key)
      expect(Number.isFinite(min) && Number.isFinite(max), key).toBe(true)
    }
  })
})

describe('what a person types', () => {
  it('is read with points, commas and spaces', () => {
    expect(parseNumber('0,001', false)).toBe(0.001)
    expect(parseNumber('1,000', true)).toBe(1000)
    expect(parseNumber('1,000.5', false)).toBe(1000.5)
    expect(parseNumber(' 1e-3 ', false)).toBe(0.001)
    expect(parseNumber('', true)).toBeNull()
    expect(parseNumber('ten', true)).toBeNull()
  })
  it('is refused with the reason', () => {
    expect(problemIn(rangeOf('epochs'), 2.5)).toBe('Give a whole number, 1 to 10,000.')
    expect(problemIn(rangeOf('learningRate'), 0)).toBe('Give a number, above 0, up to 10.')
    expect(problemIn(rangeOf('epochs'), null)).toContain('whole number')
    expect(problemIn(rangeOf('epochs'), 40)).toBeNull()
  })
})

describe('settings in words', () => {
  it('sum up each section', () => {
    expect(howLongText(settings)).toBe('up to 40 epochs; stops when nothing improves for 6')
    expect(howLongText({ ...settings, patience: 0, epochs: 1 })).toBe('1 epoch, to the end')
    expect(howLongText({ ...settings, timeBudget: 10 })).toBe(
      'as many epochs as fit into 10 minutes; stops when nothing improves for 6',
    )
    const labels = { optimizer: 'AdamW', schedule: 'One cycle' }
    expect(learningText(settings, labels)).toBe('AdamW, rate 0.001, one cycle after a warm-up')
    expect(learningText({ ...settings, warmupEpochs: 0 }, labels)).toBe('AdamW, rate 0.001, one cycle')
    expect(sizeText(settings, 'scratch')).toBe('96 × 96 pixels; batches of 32 photos')
  })
  it('say what a frozen backbone is shown', () => {
    expect(viewsText({ ...settings, extraViews: 0 })).toBe('Each photo is seen as it is and mirrored.')
    expect(viewsText({ extraViews: 2, augmentation: presetPolicy('none') })).toBe(
      'Each photo is seen as it is, and in 2 augmented views.',
    )
  })
})
