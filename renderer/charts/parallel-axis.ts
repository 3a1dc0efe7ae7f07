/** An axis of parallel coordinates: where a value lies on it, from 0 (foot) to 1 (top), and what is written beside it. */
export type AxisValue = string | number | undefined

export interface Tick {
  at: number
  text: string
}

export interface ParallelAxis {
  key: string
  title: string
  /** Whether a logarithm could be taken: numbers above 0 that are not all the same. */
  canBeLog: boolean
  log: boolean
  /** Null: the run does not have it, or it does not lie on this axis. */
  position(value: AxisValue): number | null
  /** The value at a place, as it is said. */
  said(at: number): string
  ticks: Tick[]
}

const figure = (value: number): string => {
  const size = Math.abs(value)
  if (value === 0) return '0'
  return size >= 10_000 || size < 0.0001
    ? value.toExponential(1).replace('e+', 'e')
    : String(Number(value.toPrecision(3)))
}

/** The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that makes at most five steps. */
function stepOf(span: number): number {
  const power = 10 ** Math.floor(Math.log10(span / 5))
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power * 5 >= span * (1 - 1e-9)) ?? 10) * power
}

function linearTicks(low: number, high: number): number[] {
  const step = stepOf(high - low)
  const ticks: number[] = []
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++)
    ticks.push(Number((n * step).toPrecision(12)))
  return ticks
}

/** 1 and 3 times the powers of ten, or what lies between where that is too few. */
function logTicks(low: number, high: number): number[] {
  const ticks: number[] = []
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (const factor of [1, 3]) ticks.push(Number((factor * 10 ** power).toPrecision(3)))
  const inside = ticks.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9))
  return inside.length >= 2 ? inside : [low, high]
}

function numberAxis(given: { key: string; title: string }, values: readonly number[], wantsLog: boolean): ParallelAxis {
  const [lowest, highest] = [Math.min(...values), Math.max(...values)]
  const canBeLog = lowest > 0 && highest > lowest
  const log = wantsLog && canBeLog
  const to = log ? Math.log10 : (value: number): number => value
  const from = log ? (value: number): number => 10 ** value : (value: number): number => value
  // All the same: the value in the middle of an axis with room on both sides.
  const room = highest > lowest ? 0 : Math.abs(lowest) / 2 || 1
  const [low, high] = [to(lowest) - room, to(highest) + room]
  const place = (value: number): number => (to(value) - low) / (high - low)
  const marks = room > 0 ? [lowest] : log ? logTicks(lowest, highest) : linearTicks(lowest, highest)
  return {
    ...given,
    canBeLog,
    log,
    position: (value) => (typeof value === 'number' && Number.isFinite(value) ? place(value) : null),
    said: (at) => figure(from(low + at * (high - low))),
    ticks: marks.map((mark) => ({ at: place(mark), text: figure(mark) })),
  }
}

function wordAxis(given: { key: string; title: string }, values: readonly string[]): ParallelAxis {
  const words = [...new Set(values)].sort(new Intl.Collator('en', { numeric: true }).compare)
  const place = (index: number): number => (words.length === 1 ? 0.5 : index / (words.length - 1))
  const places = new Map(words.map((word, index) => [word, place(index)]))
  const every = Math.max(1, Math.ceil(words.length / 8))
  return {
    ...given,
    canBeLog: false,
    log: false,
    position: (value) => (value === undefined ? null : (places.get(String(value)) ?? null)),
    said: (at) => words[Math.round(at * (words.length - 1))] ?? '',
    ticks: words.flatMap((word, index) => (index % every === 0 ? [{ at: place(index), text: word }] : [])),
  }
}

/** The axis for these values; null where no run has one. */
export function parallelAxis(
  given: { key: string; title: string },
  values: readonly AxisValue[],
  log: boolean,
): ParallelAxis | null {
  const there = values.filter((value) => value !== undefined)
  if (there.length === 0) return null
  const numbers = there.filter((value) => typeof value === 'number' && Number.isFinite(value))
  return numbers.length === there.length
    ? numberAxis(given, numbers as number[], log)
    : wordAxis(given, there.map(String))
}

/** A brushed part of an axis. */
export type Brush = readonly [from: number, to: number]

export const inBrush = (at: number | null, [from, to]: Brush): boolean =>
  at !== null && at >= from - 1e-9 && at <= to + 1e-9

/** The list with one entry moved to another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list]
  const [entry] = next.splice(from, 1)
  if (entry !== undefined) next.splice(Math.max(0, Math.min(to, next.length)), 0, entry)
  return next
}
