import { expect, test } from 'vitest'
import { stream } from '../engine/random/index.ts'
import { describeShared, readShared } from '../engine/testing.ts'
import { drawCrop } from './crop.ts'

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
