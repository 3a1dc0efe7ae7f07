/** Draws the lines of parallel coordinates: those outside of what is brushed first, those selected last. */
import { tokenColour } from '../styles/colours.ts'
import { runToken } from './run-colours.ts'
import type { ChartTheme } from './theme.ts'

export interface ParallelRun {
  id: string
  number: number
  /** Where it crosses each axis, from 0 to 1, in the order of the axes; null: it does not. */
  places: readonly (number | null)[]
  /** Among the selected ones, from 0; null: not selected. */
  place: number | null
}

export interface ParallelScene {
  runs: readonly ParallelRun[]
  brushed: (run: ParallelRun) => boolean
  /** Pixels: of an axis by its index, and of a place on it. */
  left: (index: number) => number
  topOf: (at: number) => number
  theme: ChartTheme
}

function stroke(context: CanvasRenderingContext2D, { places }: ParallelRun, { left, topOf }: ParallelScene): void {
  context.beginPath()
  let pen = false
  places.forEach((at, index) => {
    if (at !== null) {
      if (pen) context.lineTo(left(index), topOf(at))
      else context.moveTo(left(index), topOf(at))
    }
    pen = at !== null
  })
  context.stroke()
}

export function drawParallelLines(context: CanvasRenderingContext2D, scene: ParallelScene): void {
  const { runs, brushed, theme } = scene
  const rest = runs.filter(({ place }) => place === null)
  context.lineJoin = 'round'
  context.lineWidth = 1
  context.strokeStyle = theme.grid
  context.globalAlpha = 0.6
  for (const run of rest) if (!brushed(run)) stroke(context, run, scene)
  context.strokeStyle = theme.ink3
  // Many lines over each other darken; few have to be seen at all.
  context.globalAlpha = Math.max(0.12, Math.min(0.7, 24 / Math.max(1, rest.length)))
  for (const run of rest) if (brushed(run)) stroke(context, run, scene)
  context.globalAlpha = 1
  context.lineWidth = 2
  for (const run of runs.filter(({ place }) => place !== null).toReversed()) {
    context.strokeStyle = tokenColour(runToken(run.place ?? 0))
    context.setLineDash(brushed(run) ? [] : [2, 4])
    stroke(context, run, scene)
  }
  context.setLineDash([])
}
