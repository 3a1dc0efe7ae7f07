/** What the axes and tooltips of all charts have in common. */
import type { Scale } from 'chart.js'
import { epochTicks } from './epoch-series.ts'
import type { ChartTheme } from './theme.ts'

const tickSize = 11
/** Pixels between two labels of one axis. */
const tickGap = 10

export const tickLook = ({ ink3, font }: ChartTheme) => ({
  color: ink3,
  font: { family: font, size: tickSize },
  maxRotation: 0,
})

export const axisTitle = ({ ink3, font }: ChartTheme, text: string) => ({
  display: text !== '',
  text,
  color: ink3,
  font: { family: font, size: 11 },
})

export const tooltipLook = ({ raised, grid, ink, ink2, font }: ChartTheme) => ({
  backgroundColor: raised,
  borderColor: grid,
  borderWidth: 1,
  titleColor: ink,
  bodyColor: ink2,
  titleFont: { family: font, size: 11, weight: 500 as const },
  bodyFont: { family: font, size: 11 },
  displayColors: false,
})

/** Epochs that the label of the last one takes, with a gap beside it. */
function epochsOfLabel({ ctx, maxWidth }: Scale, font: string, epochs: number): number {
  ctx.save()
  ctx.font = `${tickSize}px ${font}`
  const { width } = ctx.measureText(epochs.toLocaleString('en'))
  ctx.restore()
  return ((width + tickGap) / Math.max(1, maxWidth)) * (epochs - 1)
}

/** The axis of a chart by epochs, up to the last one of the run. */
export const epochAxis = (theme: ChartTheme, epochs: number) => ({
  type: 'linear' as const,
  min: 1,
  max: Math.max(2, epochs),
  border: { display: false },
  grid: { display: false },
  ticks: { ...tickLook(theme), autoSkip: false },
  afterBuildTicks: (scale: Scale) => {
    scale.ticks = epochTicks(epochs, epochsOfLabel(scale, theme.font, epochs)).map((value) => ({ value }))
  },
})
