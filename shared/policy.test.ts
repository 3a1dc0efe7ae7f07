import { describe, expect, it } from 'vitest'
import { defaultsOf, policy, presetOf, presetPolicy, presets, samePolicy, type Policy } from './policy.ts'
import { transforms } from './transforms.ts'

const all = { version: 1, ...Object.fromEntries(transforms.map(({ name }) => [name, defaultsOf(name)])) } as Policy

describe('a policy', () => {
  it('is itself after JSON, with every transform in it', () => {
    expect(policy.parse(JSON.parse(JSON.stringify(all)))).toEqual(all)
  })

  it('takes defaults for what is left out', () => {
    expect(policy.parse({ version: 1, rotation: { probability: 0.3 } })).toEqual({
      version: 1,
      rotation: { degrees: 15, probability: 0.3 },
    })
  })

  it('refuses what it does not know and what is out of range', () => {
    const refused = [
      {},
      { version: 2 },
      { version: 1, spin: {} },
      { version: 1, rotation: { degree: 3 } },
      { version: 1, rotation: { degrees: 181 } },
      { version: 1, randAugment: { operations: 1.5 } },
      { version: 1, horizontalFlip: { probability: Number.NaN } },
      { version: 1, randomResizedCrop: { areaMin: 0.8, areaMax: 0.5 } },
    ]
    for (const wrong of refused) expect(policy.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false)
  })

  it('is read as the first runs stored it', () => {
    expect(policy.parse({ cropMin: 0.4, flip: 0.5, jitter: 0.2 })).toEqual(presetPolicy('standard'))
    expect(policy.parse({ cropMin: 1, flip: 0, jitter: 0 })).toEqual(presetPolicy('none'))
    expect(policy.parse({ cropMin: 0.6, flip: 0.25, jitter: 0 })).toEqual({
      version: 1,
      randomResizedCrop: { areaMin: 0.6, areaMax: 1, aspect: 4 / 3, probability: 1 },
      horizontalFlip: { probability: 0.25 },
    })
  })

  it('knows its preset', () => {
    for (const preset of presets) expect(presetOf(preset.policy)).toBe(preset)
    expect(presetOf(all)).toBeNull()
    expect(samePolicy({ ...all, blur: undefined }, all)).toBe(false)
  })
})

describe('the registry', () => {
  it('has a name for every transform and a default within every range', () => {
    expect(new Set(transforms.map(({ name }) => name)).size).toBe(transforms.length)
    for (const { name, settings } of transforms) {
      for (const { default: usual, minimum, maximum } of settings) {
        expect(usual >= minimum && usual <= maximum && minimum < maximum, name).toBe(true)
      }
    }
  })
})
