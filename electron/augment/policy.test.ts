import { describe, expect, test } from 'vitest'
import { policy, presetPolicy } from '../../shared/policy.ts'
import { describeShared, readShared } from '../engine/testing.ts'
import { stream } from '../engine/random/index.ts'
import { changeColour, colourChanges } from './colour.ts'
import { applyDraw, drawCrop, drawView } from './policy.ts'
import { drawPixels } from './testing.ts'

interface CropOracle {
  height: number
  width: number
  scale: [number, number]
  ratio: [number, number]
  levels: number[]
  quantiles: Record<'area' | 'aspect' | 'top' | 'left', number[]>
  centralCrop: { top: number; left: number; height: number; width: number }
  centralShare: number
}

interface ColourOracle {
  image: number[][][]
  cases: { operation: string; factor: number; image: number[][][] }[]
}

const share = (room: number, place: number): number => (room === 0 ? 0 : place / room)

describeShared('random resized crop as torchvision draws it', 'oracle/augment.json', () => {
  const cases = readShared<{ randomResizedCrop: CropOracle[] }>('oracle/augment.json').randomResizedCrop
  test.each(cases)('$width × $height, area from $scale.0 to $scale.1', (oracle) => {
    const { width, height, scale, ratio, levels, quantiles, centralCrop, centralShare } = oracle
    expect(ratio[0] * ratio[1]).toBeCloseTo(1)
    const range = { areaMin: scale[0], areaMax: scale[1], aspect: ratio[1] }
    const draws = Array.from({ length: 8000 }, (_, photo) =>
      drawCrop(stream({ seed: 5, epoch: 1, photo, purpose: 'test' }), { width, height }, range),
    )
    const values = {
      area: draws.map((box) => (box.width * box.height) / (width * height)),
      aspect: draws.map((box) => box.width / box.height),
      top: draws.map((box) => share(height - box.height, box.top)),
      left: draws.map((box) => share(width - box.width, box.left)),
    }
    for (const name of ['area', 'aspect', 'top', 'left'] as const) {
      levels.forEach((level, index) => {
        const quantile = quantiles[name][index] as number
        const below = values[name].filter((value) => value < quantile - 1e-5).length / draws.length
        const upTo = values[name].filter((value) => value <= quantile + 1e-5).length / draws.length
        expect(below, `${name} at ${level}`).toBeLessThan(level + 0.03)
        expect(upTo, `${name} at ${level}`).toBeGreaterThan(level - 0.03)
      })
    }
    const central = draws.filter(
      (box) =>
        box.width === centralCrop.width &&
        box.height === centralCrop.height &&
        box.left === centralCrop.left &&
        box.top === centralCrop.top,
    )
    expect(Math.abs(central.length / draws.length - centralShare)).toBeLessThan(0.03)
  })
})

describeShared('changes of colour as torchvision defines them', 'oracle/augment.json', () => {
  const oracle = readShared<{ colour: ColourOracle }>('oracle/augment.json').colour
  const original = Float32Array.from(oracle.image.flat(2))
  const cases = oracle.cases.flatMap(({ operation, factor, image }) => {
    const change = colourChanges.find((name) => name === operation)
    return change ? [{ change, factor, image }] : []
  })
  test.each(cases)('$change × $factor', ({ change, factor, image }) => {
    const planes = original.slice()
    changeColour(planes, change, factor)
    image.flat(2).forEach((value, index) => expect(Math.abs((planes[index] as number) - value)).toBeLessThan(1e-6))
  })
})

describe('a view', () => {
  const size = { width: 120, height: 90 }
  const whole = { left: 20, top: 5, width: 80, height: 80 }
  const standard = presetPolicy('standard')

  test('is drawn by seed, epoch and photo, and by nothing else', () => {
    const first = drawView(standard, { seed: 1, epoch: 2, photo: 'a' }, size, whole)
    expect(drawView(standard, { seed: 1, epoch: 2, photo: 'a' }, size, whole)).toEqual(first)
    for (const other of [
      { seed: 2, epoch: 2, photo: 'a' },
      { seed: 1, epoch: 3, photo: 'a' },
      { seed: 1, epoch: 2, photo: 'b' },
    ]) {
      expect(drawView(standard, other, size, whole).box).not.toEqual(first.box)
    }
  })

  test('draws of one kind do not move when another is switched off', () => {
    const identity = { seed: 1, epoch: 2, photo: 'a' }
    const all = drawView(standard, identity, size, whole)
    const less = drawView({ version: 1, horizontalFlip: standard.horizontalFlip }, identity, size, whole)
    expect(less).toEqual({ box: whole, mirror: all.mirror, colour: [] })
  })

  test('is mirrored and coloured as often and as much as asked', () => {
    const mirroredAndColoured = policy.parse({
      version: 1,
      horizontalFlip: { probability: 0.25 },
      colourJitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3 },
    })
    const draws = Array.from({ length: 4000 }, (_, epoch) =>
      drawView(mirroredAndColoured, { seed: 1, epoch, photo: 'a' }, size, whole),
    )
    const mirrored = draws.filter(({ mirror }) => mirror).length / draws.length
    expect(Math.abs(mirrored - 0.25)).toBeLessThan(6 * Math.sqrt((0.25 * 0.75) / draws.length))
    for (const change of ['brightness', 'contrast', 'saturation'] as const) {
      const steps = draws.flatMap(({ colour }) => colour.filter((step) => step.change === change))
      expect(steps).toHaveLength(draws.length)
      const mean = steps.reduce((sum, { factor }) => sum + factor, 0) / steps.length
      expect(Math.abs(mean - 1)).toBeLessThan((6 * 0.6) / Math.sqrt(12 * steps.length))
      expect(Math.min(...steps.map(({ factor }) => factor))).toBeGreaterThanOrEqual(0.7)
      expect(Math.max(...steps.map(({ factor }) => factor))).toBeLessThan(1.3)
      const leading = draws.filter(({ colour }) => colour[0]?.change === change).length / draws.length
      expect(Math.abs(leading - 1 / 3)).toBeLessThan(0.05)
    }
  })

  test('without anything switched on is the plain part of the photo', () => {
    const pixels = drawPixels(120, 90, 3)
    const draw = drawView({ version: 1 }, { seed: 1, epoch: 0, photo: 'a' }, size, whole)
    const planes = new Float32Array(3 * 80 * 80)
    applyDraw(pixels, draw, 80, planes, 0)
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
})
