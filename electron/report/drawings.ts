/** Drawings of a report as SVG: they need no script, print sharply, and take the page's colours. */
import type { ReliabilityBin } from '../evaluate/calibration.ts'
import { html, type Html } from './html.ts'

const [width, height] = [440, 260]
const [left, right, top, bottom] = [44, 40, 12, 28]
const inner = { width: width - left - right, height: height - top - bottom }

export interface CurveLine {
  /** What stands at its end. */
  name: string
  /** 1 to 6: which of the page's colours. */
  colour: number
  dashed: boolean
  /** By epoch, from 1. */
  values: readonly number[]
}

const px = (value: number): string => value.toFixed(1)

/** Round numbers from `low` to `high`: at most six. */
function ticksOf(low: number, high: number): number[] {
  const power = 10 ** Math.floor(Math.log10((high - low) / 5))
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power * 5 >= high - low) ?? 10) * power
  const ticks: number[] = []
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++)
    ticks.push(Number((n * step).toPrecision(6)))
  return ticks
}

function frame(xTicks: { at: number; text: string }[], yTicks: { at: number; text: string }[]): Html {
  return html`${yTicks.map(
    ({ at, text }) =>
      html`<path class="grid" d="M${px(left)} ${px(at)}H${px(left + inner.width)}" fill="none" />
        <text x="${px(left - 8)}" y="${px(at + 4)}" text-anchor="end">${text}</text>`,
  )}${xTicks.map(({ at, text }) => html`<text x="${px(at)}" y="${height - 8}" text-anchor="middle">${text}</text>`)}`
}

/** Lines by epoch; a value that is not finite is passed over. @param label for who cannot see it */
export function curves(lines: readonly CurveLine[], label: string): Html {
  const epochs = Math.max(2, ...lines.map(({ values }) => values.length))
  const all = lines.flatMap(({ values }) => values.filter(Number.isFinite))
  const [lowest, highest] = all.length === 0 ? [0, 1] : [Math.min(...all), Math.max(...all)]
  const room = highest > lowest ? (highest - lowest) * 0.04 : 0.5
  const [low, high] = [lowest - room, highest + room]
  const x = (epoch: number): number => left + ((epoch - 1) / (epochs - 1)) * inner.width
  const y = (value: number): number => top + (1 - (value - low) / (high - low)) * inner.height
  const marks = [...new Set([1, ...ticksOf(1, epochs).filter((tick) => tick > 1 && Number.isInteger(tick)), epochs])]
  const drawn = lines.map(({ name, colour, dashed, values }) => {
    const points = values.flatMap((value, index) => (Number.isFinite(value) ? [{ x: x(index + 1), y: y(value) }] : []))
    const end = points.at(-1)
    const path = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${px(point.x)} ${px(point.y)}`).join('')
    const stroke = `var(--run-${colour})`
    return html`<path
        d="${path}"
        fill="none"
        stroke="${stroke}"
        stroke-width="${dashed ? 1.25 : 2}"
        stroke-linejoin="round"
        stroke-dasharray="${dashed ? '4 3' : 'none'}"
      />${
        end === undefined || dashed
          ? null
          : html`<text x="${px(end.x + 6)}" y="${px(end.y + 4)}" style="fill: ${stroke}">${name}</text>`
      }`
  })
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
    ${frame(
      marks.map((epoch) => ({ at: x(epoch), text: String(epoch) })),
      ticksOf(low, high).map((value) => ({ at: y(value), text: String(value) })),
    )}${drawn}
  </svg>`
}

/** Where a share lies on an axis from 0 to 1. */
const acrossAt = (share: number): number => left + share * inner.width
const upAt = (share: number): number => top + (1 - share) * inner.height

/** A reliability diagram: accuracy by confidence, as bars beside the line where both are the same. */
export function reliabilityDiagram(bins: readonly ReliabilityBin[], label: string): Html {
  const marks = [0, 0.2, 0.4, 0.6, 0.8, 1]
  const bars = bins.map(({ accuracy, count }, index) =>
    accuracy === null
      ? null
      : html`<rect
          x="${px(acrossAt(index / bins.length) + 1)}"
          y="${px(upAt(accuracy))}"
          width="${px(inner.width / bins.length - 2)}"
          height="${px(Math.max(1, accuracy * inner.height))}"
          fill="var(--accent)"
          fill-opacity="0.7"
          ><title>${count} photos, ${(100 * accuracy).toFixed(1)} % right</title></rect
        >`,
  )
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
    ${frame(
      marks.map((share) => ({ at: acrossAt(share), text: String(100 * share) })),
      marks.map((share) => ({ at: upAt(share), text: String(100 * share) })),
    )}${bars}
    <path
      d="M${px(acrossAt(0))} ${px(upAt(0))}L${px(acrossAt(1))} ${px(upAt(1))}"
      fill="none"
      stroke="var(--dim)"
      stroke-dasharray="4 3"
    />
  </svg>`
}
