import type { Chart, Plugin } from 'chart.js'
import type { Point } from './epoch-series.ts'

/**
 * A fine line under the curves that answers to no pointer: of a chart by epochs, what the steps between them were like.
 * It is cut off where the axes end.
 */
export const stepLine = (state: () => { points: readonly Point[]; colour: string }): Plugin<'line'> => ({
  id: 'step-line',
  beforeDatasetsDraw({ ctx, chartArea, scales }: Chart<'line'>) {
    const { points, colour } = state()
    const [x, y] = [scales['x'], scales['y']]
    if (points.length === 0 || x === undefined || y === undefined) return
    ctx.save()
    ctx.beginPath()
    ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height)
    ctx.clip()
    ctx.beginPath()
    for (const point of points) ctx.lineTo(x.getPixelForValue(point.x), y.getPixelForValue(point.y))
    ctx.strokeStyle = colour
    ctx.globalAlpha = 0.45
    ctx.lineWidth = 1
    ctx.stroke()
    ctx.restore()
  },
})
