/** Pictures of a run for those who look at it on the server: drawn as SVG, sent as PNG. */
import sharp from 'sharp'
import type { EpochMetrics, Evaluation } from '../../shared/training.ts'

const ink = '#1a1a1a'
const dim = '#6b6b6b'
const line = '#dcdcdc'
const accent = '#2457d6'
const other = '#c2571a'
/** Pixels of PNG for a pixel of SVG. */
const density = 2

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`).replace(/\p{Cc}/gu, ' ')

const text = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(content)}</text>`

const svg = (width: number, height: number, content: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
  `font-family="Inter, Helvetica, Arial, sans-serif" font-size="12" fill="${ink}">` +
  `<rect width="${width}" height="${height}" fill="#fff"/>${content}</svg>`

export const toPng = (drawing: string): Promise<Uint8Array> =>
  sharp(Buffer.from(drawing), { density: 72 * density })
    .png({ compressionLevel: 9 })
    .toBuffer()

interface Curve {
  name: string
  colour: string
  values: readonly (number | null)[]
}

/** A step of 1, 2 or 5 times a power of ten that divides the range into about four. */
function niceStep(range: number): number {
  const rough = range / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  return (([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) as number) * power
}

function chart(title: string, epochs: readonly number[], curves: readonly Curve[], left: number, best: number | null) {
  const [top, width, height] = [48, 380, 220]
  const values = curves.flatMap((curve) => curve.values.filter((value) => value !== null && Number.isFinite(value)))
  const [low, high] = [Math.min(0, ...(values as number[])), Math.max(1e-6, ...(values as number[]))]
  const step = niceStep(high - low)
  const bottom = Math.floor(low / step) * step
  const ceiling = Math.ceil(high / step) * step
  const [first, last] = [epochs[0] ?? 1, epochs.at(-1) ?? 1]
  const x = (epoch: number) => left + (last === first ? width / 2 : ((epoch - first) / (last - first)) * width)
  const y = (value: number) => top + height - ((value - bottom) / (ceiling - bottom)) * height
  const grid = Array.from({ length: Math.round((ceiling - bottom) / step) + 1 }, (_, index) => bottom + index * step)
  const lines = curves.map(({ colour, values: points }) => {
    const path = points.flatMap((value, index) =>
      value === null || !Number.isFinite(value) ? [] : [`${x(epochs[index] ?? 0).toFixed(1)},${y(value).toFixed(1)}`],
    )
    const dot = path.length === 1 ? `<circle cx="${path[0]?.replace(',', '" cy="')}" r="3" fill="${colour}"/>` : ''
    return `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>${dot}`
  })
  const names = curves.map(
    ({ name, colour }, index) =>
      `<rect x="${left + 140 + index * 100}" y="20" width="10" height="3" fill="${colour}"/>` +
      text(left + 155 + index * 100, 25, name, `fill="${dim}"`),
  )
  return [
    text(left, 25, title, 'font-weight="600"'),
    ...names,
    ...grid.map(
      (value) =>
        `<path d="M${left} ${y(value).toFixed(1)}h${width}" stroke="${line}"/>` +
        text(left - 6, y(value) + 4, String(Number(value.toPrecision(3))), `text-anchor="end" fill="${dim}"`),
    ),
    ...(best === null
      ? []
      : [`<path d="M${x(best).toFixed(1)} ${top}v${height}" stroke="${dim}" stroke-dasharray="3 3"/>`]),
    ...lines,
    text(left, top + height + 18, String(first), `fill="${dim}"`),
    text(left + width, top + height + 18, `epoch ${last}`, `text-anchor="end" fill="${dim}"`),
  ].join('')
}

/** Loss and accuracy by epoch; a dashed line marks the best epoch. */
export function curvesDrawing(history: readonly EpochMetrics[], bestEpoch: number | null): string {
  const epochs = history.map(({ epoch }) => epoch)
  const curves = (train: 'trainLoss' | 'trainAccuracy', validation: 'validationLoss' | 'validationAccuracy') => [
    { name: 'training', colour: other, values: history.map((epoch) => epoch[train]) },
    { name: 'validation', colour: accent, values: history.map((epoch) => epoch[validation]) },
  ]
  return svg(
    900,
    300,
    chart('Loss', epochs, curves('trainLoss', 'validationLoss'), 48, bestEpoch) +
      chart('Accuracy', epochs, curves('trainAccuracy', 'validationAccuracy'), 496, bestEpoch),
  )
}

/** With more classes the cells are too small for numbers. */
const numbered = 25

/** True classes in rows, what they were called in columns; the darker, the larger the share of the row. */
export function confusionDrawing({ classes, confusion, split, photos, accuracy }: Evaluation): string {
  const names = classes.map(({ name }) => (name.length > 24 ? `${name.slice(0, 23)}…` : name))
  const cell =
    classes.length <= 8 ? 56 : classes.length <= numbered ? 36 : Math.max(6, Math.floor(900 / classes.length))
  const label = cell >= 12
  const margin = label ? 24 + Math.max(40, ...names.map((name) => name.length * 7)) : 40
  const top = 52 + (label ? margin * 0.72 : 0)
  const side = cell * classes.length
  const cells = confusion.flatMap((row, down) => {
    const total = row.reduce((sum, count) => sum + count, 0)
    return row.map((count, across) => {
      const share = total === 0 ? 0 : count / total
      const [x, y] = [margin + across * cell, top + down * cell]
      const colour = across === down ? accent : other
      const number =
        classes.length > numbered || count === 0
          ? ''
          : text(
              x + cell / 2,
              y + cell / 2 + 4,
              String(count),
              `text-anchor="middle" fill="${share > 0.55 ? '#fff' : ink}"`,
            )
      return `<rect x="${x}" y="${y}" width="${cell}" height="${cell}" fill="${colour}" fill-opacity="${share.toFixed(3)}" stroke="${line}"/>${number}`
    })
  })
  const labels = label
    ? names.flatMap((name, index) => {
        const along = margin + (index + 0.5) * cell
        return [
          text(margin - 8, top + (index + 0.5) * cell + 4, name, 'text-anchor="end"'),
          text(along, top - 8, name, `transform="rotate(-45 ${along.toFixed(1)} ${(top - 8).toFixed(1)})"`),
        ]
      })
    : []
  const title = `${split[0]?.toUpperCase()}${split.slice(1)}: ${(100 * accuracy).toFixed(1)} % of ${photos} photos right`
  return svg(
    Math.ceil(Math.max(420, margin + side + (label ? margin * 0.72 : 24))),
    Math.ceil(top + side + 24),
    [
      text(16, 25, title, 'font-weight="600"'),
      text(16, 42, 'true ↓  called →', `fill="${dim}"`),
      ...cells,
      ...labels,
    ].join(''),
  )
}
