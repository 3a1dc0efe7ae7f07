import { describe, expect, test } from 'vitest'
import { policy, presetPolicy, type PolicyInput } from '../../shared/policy.ts'
import { endDraws } from './draws.ts'
import { applyDraw, drawView, randomDraws, type Draw, type ViewIdentity } from './policy.ts'
import { drawPixels } from './testing.ts'

const size = { width: 120, height: 90 }
const whole = { left: 20, top: 5, width: 80, height: 80 }
const identity = { seed: 1, epoch: 2, photo: 'a' }
const draw = (input: Omit<PolicyInput, 'version'>, who: ViewIdentity = identity): Draw =>
  drawView(policy.parse({ version: 1, ...input }), randomDraws(who), size, whole, 80)
const drawMany = (input: Omit<PolicyInput, 'version'>, count = 4000): Draw[] =>
  Array.from({ length: count }, (_, epoch) => draw(input, { ...identity, epoch }))
const near = (share: number, truth: number, count: number): void =>
  expect(Math.abs(share - truth)).toBeLessThan(6 * Math.sqrt((truth * (1 - truth)) / count))

describe('a view', () => {
  test('is drawn by seed, epoch and photo, and by nothing else', () => {
    const { version: _, ...field } = presetPolicy('field')
    const first = draw(field)
    expect(draw(field)).toEqual(first)
    for (const other of [{ seed: 2 }, { epoch: 3 }, { photo: 'b' }]) {
      expect(draw(field, { ...identity, ...other }).box).not.toEqual(first.box)
    }
  })

  test('draws of one kind do not move when others are switched off or done less often', () => {
    const all = draw({
      randomResizedCrop: {},
      horizontalFlip: {},
      rotation: {},
      colourJitter: {},
      erasing: { probability: 1 },
    })
    expect(draw({ horizontalFlip: {} })).toEqual({
      box: whole,
      mirror: all.mirror,
      upsideDown: false,
      map: null,
      steps: [],
    })
    expect(draw({ randomResizedCrop: {} }).box).toEqual(all.box)
    expect(draw({ erasing: { probability: 0.999 } }).steps).toEqual(all.steps.slice(-1))
  })

  test('is mirrored and coloured as often and as much as asked', () => {
    const draws = drawMany({
      horizontalFlip: { probability: 0.25 },
      colourJitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.3 },
    })
    near(draws.filter(({ mirror }) => mirror).length / draws.length, 0.25, draws.length)
    for (const kind of ['brightness', 'contrast', 'saturation', 'hue'] as const) {
      const factors = draws.flatMap(({ steps }) =>
        steps.flatMap((step) => (step.kind === kind ? [kind === 'hue' ? step.factor + 1 : step.factor] : [])),
      )
      expect(factors).toHaveLength(draws.length)
      const mean = factors.reduce((sum, factor) => sum + factor, 0) / factors.length
      expect(Math.abs(mean - 1)).toBeLessThan((6 * 0.6) / Math.sqrt(12 * factors.length))
      expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.7)
      expect(Math.min(...factors)).toBeLessThan(0.705)
      expect(Math.max(...factors)).toBeLessThan(1.3)
      expect(Math.max(...factors)).toBeGreaterThan(1.295)
      near(draws.filter(({ steps }) => steps[0]?.kind === kind).length / draws.length, 0.25, draws.length)
    }
  })

  test('has each pixel step as often as asked, within its range', () => {
    const draws = drawMany({
      greyscale: { probability: 0.3 },
      blur: { sigma: 0.02, probability: 0.4 },
      sharpen: { strength: 2, probability: 0.5 },
      jpeg: { quality: 30, probability: 0.6 },
      gaussianNoise: { sigma: 0.1, probability: 0.7 },
      erasing: { areaMax: 0.3, probability: 0.2 },
    })
    const shares = { greyscale: 0.3, blur: 0.4, sharpness: 0.5, jpeg: 0.6, noise: 0.7, erase: 0.2 }
    for (const [kind, share] of Object.entries(shares)) {
      near(
        draws.filter(({ steps }) => steps.some((step) => step.kind === kind)).length / draws.length,
        share,
        draws.length,
      )
    }
    for (const { steps } of draws) {
      for (const step of steps) {
        if (step.kind === 'blur') expect(step.sigma > 0 && step.sigma <= 1.6).toBe(true)
        if (step.kind === 'sharpness') expect(step.factor >= 1 && step.factor <= 3).toBe(true)
        if (step.kind === 'jpeg') expect(step.quality >= 30 && step.quality <= 95).toBe(true)
        if (step.kind === 'erase') {
          const { left, top, width, height } = step.patch
          expect(left >= 0 && top >= 0 && left + width <= 80 && top + height <= 80).toBe(true)
          expect(width * height).toBeLessThan(0.3 * 6400 * 1.06)
        }
      }
    }
  })

  test('RandAugment and TrivialAugment draw their fourteen changes evenly', () => {
    const kindOf = ({ map, steps }: Draw): string => {
      const [step] = steps
      if (map === null) return step?.kind ?? 'nothing'
      const [a, b, c, d, e, f] = map
      if (a !== 1) return 'rotation'
      return (
        ['slant across', 'shift across', 'slant down', 'shift down'][[b, c, d, f].findIndex((v) => v !== 0)] ?? `${e}`
      )
    }
    for (const policyOf of [{ randAugment: { operations: 1, magnitude: 9 } }, { trivialAugment: {} }]) {
      const draws = drawMany(policyOf, 14_000)
      const counts = Map.groupBy(draws, kindOf)
      expect(counts.size).toBeGreaterThanOrEqual(14)
      for (const [kind, { length }] of counts) {
        // A change of no strength at all looks like nothing.
        if (kind === 'nothing' || kind === '1') continue
        expect(length, kind).toBeGreaterThan(820)
        expect(length, kind).toBeLessThan(1180)
      }
    }
  })

  test('without anything switched on is the plain part of the photo', async () => {
    const pixels = drawPixels(120, 90, 3)
    const planes = new Float32Array(3 * 80 * 80)
    await applyDraw(pixels, draw({}), 80, planes, 0)
    for (const [x, y] of [
      [0, 0],
      [79, 79],
      [33, 12],
    ] as const) {
      for (const channel of [0, 1, 2]) {
        const level = (planes[channel * 6400 + y * 80 + x] as number) * 255
        expect(level).toBeCloseTo(pixels.data[((y + 5) * 120 + x + 20) * 3 + channel] as number, 3)
      }
    }
  })

  test('at the ends of every range is the same each time', () => {
    const strong = policy.parse({ version: 1, randomResizedCrop: {}, rotation: { degrees: 20 }, colourJitter: {} })
    const [low, high] = (['low', 'high'] as const).map((end) =>
      drawView(strong, () => endDraws(end, () => 0), size, whole, 80),
    )
    expect(low?.box).toMatchObject({ left: 0, top: 0 })
    expect(low?.steps.map((step) => 'factor' in step && step.factor)).toEqual([0.8, 0.8, 0.8, -0.02])
    expect(high?.steps.map((step) => 'factor' in step && step.factor)).toEqual([1.2, 1.2, 1.2, 0.02])
    expect(low?.map?.[1]).toBeCloseTo(Math.sin(Math.PI / 9))
    expect(high?.map?.[1]).toBeCloseTo(-Math.sin(Math.PI / 9))
  })
})
