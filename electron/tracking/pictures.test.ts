import sharp from 'sharp'
import { expect, it } from 'vitest'
import type { Evaluation } from '../../shared/training.ts'
import { confusionDrawing, curvesDrawing, toPng } from './pictures.ts'
import { epochMetrics } from '../../shared/testing.ts'

const history = [1, 2, 3].map((epoch) => epochMetrics({ epoch, trainLoss: 1 / epoch, validationLoss: 0.5 }))

function evaluation(names: string[], count: (row: number, column: number) => number): Evaluation {
  const confusion = names.map((_, row) => names.map((_name, column) => count(row, column)))
  const classes = names.map((name, index) => ({ id: String(index), name }))
  return {
    run: 'r',
    split: 'validation',
    photos: 10,
    correct: 5,
    accuracy: 0.5,
    interval: [0, 1],
    loss: 1,
    classes,
    confusion,
    perClass: [],
  }
}

it('draws every point of a curve, and pictures that can be read', async () => {
  const drawing = curvesDrawing(history, 2)
  const lines = [...drawing.matchAll(/polyline points="([^"]+)"/g)].map(([, points]) => points?.split(' ').length)
  expect(lines).toEqual([3, 3, 3, 3])
  expect(await sharp(await toPng(drawing)).metadata()).toMatchObject({ format: 'png', width: 1800, height: 600 })
  // One epoch has no line, and is seen as a point.
  expect(curvesDrawing(history.slice(0, 1), null)).toContain('<circle')
})

it('draws a cell for every pair of classes, whatever their names', async () => {
  const drawing = confusionDrawing(evaluation(['<b>"&', 'x'.repeat(80), '日本'], (row, column) => row + column))
  expect(drawing.match(/<rect x=/g)).toHaveLength(9)
  expect(drawing).not.toContain('<b>')
  expect((await sharp(await toPng(drawing)).metadata()).format).toBe('png')
})

it('leaves the numbers out where the cells are small', () => {
  const names = Array.from({ length: 102 }, (_, index) => `class ${index}`)
  const drawing = confusionDrawing(evaluation(names, () => 1))
  expect(drawing.match(/<rect x=/g)).toHaveLength(102 * 102)
  expect(drawing).not.toContain('text-anchor="middle"')
})

it('shades a cell by its share of the row', () => {
  const drawing = confusionDrawing(evaluation(['a', 'b'], (row, column) => (row === 0 ? (column === 0 ? 3 : 1) : 0)))
  expect([...drawing.matchAll(/fill-opacity="([\d.]+)"/g)].map(([, share]) => share)).toEqual([
    '0.750',
    '0.250',
    '0.000',
    '0.000',
  ])
})
