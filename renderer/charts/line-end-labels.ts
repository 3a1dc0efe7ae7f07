/** Draws what the lines of an epoch chart are called at their ends, and marks the best epoch. */
import type { Chart, Plugin } from 'chart.js'
import { endLabels, spread, type EpochMetric, type EpochSeries } from './epoch-series.ts'
import type { ChartTheme } from './theme.ts'

export interface LineEndState {
  series: EpochSeries
  metric: EpochMetric
  bestEpoch: number | null
  bestText: string
  theme: ChartTheme
}

const gap = 16
const half = 6
/** How far the mark of the best epoch stands out above the lines, where its words are. */
const markHeight = 14

function text(
  context: CanvasRenderingContext2D,
  words: string,
  x: number,
  y: number,
  colour: string,
  halo: string,
): void {
  // The halo keeps words readable where a line passes behind them.
  context.lineWidth = 4
  context.lineJoin = 'round'
  context.strokeStyle = halo
  context.strokeText(words, x, y)
  context.fillStyle = colour
  context.fillText(words, x, y)
}

function dot(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  fill: string,
  edge: string,
): void {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fillStyle = fill
  context.fill()
  context.lineWidth = 2
  context.strokeStyle = edge
  context.stroke()
}

/** Reads its state anew at every drawing, so that the chart's own options never change. */
export function lineEndLabels(state: () => LineEndState): Plugin<'line'> {
  return {
    id: 'line-end-labels',
    beforeDatasetsDraw(chart: Chart<'line'>) {
      const { bestEpoch, bestText, theme } = state()
      if (bestEpoch === null) return
      const { ctx: context, chartArea: area, scales } = chart
      const x = scales['x']!.getPixelForValue(bestEpoch)
      context.save()
      context.setLineDash([4, 3])
      context.strokeStyle = theme.axis
      context.lineWidth = 1
      context.beginPath()
      context.moveTo(x, area.top - markHeight)
      context.lineTo(x, area.bottom)
      context.stroke()
      context.setLineDash([])
      context.font = `500 11px ${theme.font}`
      context.textBaseline = 'middle'
      const right = x + 8 + context.measureText(bestText).width <= chart.width
      context.textAlign = right ? 'left' : 'right'
      text(context, bestText, right ? x + 8 : x - 8, area.top - half - 3, theme.ink2, theme.surface)
      context.restore()
    },
    afterDatasetsDraw(chart: Chart<'line'>) {
      const { series, metric, theme } = state()
      const { validation, training } = endLabels(series, metric)
      if (validation === null || training === null) return
      const { ctx: context, chartArea: area, scales } = chart
      const x = scales['x']!
      const y = scales['y']!
      const ends = [validation, training].map(({ at }) => ({
        x: x.getPixelForValue(at.x),
        y: y.getPixelForValue(at.y),
      }))
      const [validEnd, trainEnd] = [ends[0]!, ends[1]!]
      context.save()
      dot(context, trainEnd.x, trainEnd.y, 4, theme.ink2, theme.surface)
      dot(context, validEnd.x, validEnd.y, 5, theme.accent, theme.surface)
      context.font = `500 11px ${theme.font}`
      context.textBaseline = 'middle'
      context.textAlign = 'left'
      const [validY, trainY] = spread(validEnd.y, trainEnd.y, gap, area.top + half, area.bottom - half)
      text(context, validation.text, validEnd.x + 10, validY, theme.accent, theme.surface)
      text(context, training.text, trainEnd.x + 10, trainY, theme.ink2, theme.surface)
      context.restore()
    },
  }
}
