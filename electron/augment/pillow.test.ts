import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { after, cornersMoved, scaled, type Corners, type Homography } from './homography.ts'
import { takeSteps, type PixelStep } from './pixel-steps.ts'
import { interleaved, writePlanes, type Pixels } from './pixels.ts'
import { warp } from './warp.ts'

interface Fixture {
  side: number
  /** Interleaved bytes, base64. */
  image: string
  steps: { step: PixelStep; pixels: string }[]
  /** From pixels of the result to pixels of the photo. */
  maps: { name: string; matrix: Homography; pixels: string }[]
  corners: Corners
}

/** What Pillow makes of a small picture: its own operations are those that torchvision's are held to. */
const fixture = JSON.parse(readFileSync(new URL('pillow.fixture.json', import.meta.url), 'utf8')) as Fixture
const { side } = fixture
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))
const photo: Pixels = { data: bytes(fixture.image), width: side, height: side }

function differences(planes: Float32Array, reference: string): number[] {
  const own = interleaved(planes)
  return Array.from(bytes(reference), (level, i) => Math.abs(level - (own[i] as number)))
}

describe('changes of tone and sharpness are Pillow’s', () => {
  test.each(fixture.steps)('$step', async ({ step, pixels }) => {
    const planes = new Float32Array(3 * side * side)
    writePlanes(photo, false, planes, 0)
    await takeSteps(planes, side, [step])
    // Pillow rounds down where we go on with fractions.
    expect(Math.max(...differences(planes, pixels))).toBeLessThanOrEqual(1)
  })
})

describe('photos seen through a map are Pillow’s, bilinear', () => {
  test.each(fixture.maps)('$name', ({ matrix, pixels }) => {
    const planes = new Float32Array(3 * side * side)
    warp(photo, after(matrix, scaled(side, side)), side, planes, 0)
    // At the edge Pillow repeats the outermost pixels where ours meet the filling.
    const inside = differences(planes, pixels).filter((_, i) => !nearEdge(matrix, Math.floor(i / 3)))
    expect(inside.length).toBeGreaterThan(side * side)
    expect(Math.max(...inside)).toBeLessThanOrEqual(1)
  })

  test('corners go where they are told', () => {
    const perspective = fixture.maps.find(({ name }) => name === 'seen from another place')
    const own = after(scaled(side, side), cornersMoved(fixture.corners))
    const truth = after(perspective?.matrix as Homography, scaled(side, side))
    own.forEach((value, i) => expect(value / own[8]).toBeCloseTo((truth[i] as number) / truth[8], 8))
  })
})

function nearEdge([a, b, c, d, e, f, g, h, i]: Homography, pixel: number): boolean {
  const [x, y] = [(pixel % side) + 0.5, Math.floor(pixel / side) + 0.5]
  const depth = g * x + h * y + i
  return [(a * x + b * y + c) / depth, (d * x + e * y + f) / depth].some(
    (place) => Math.abs(place) < 1.01 || Math.abs(place - side) < 1.01,
  )
}
