/** How figures, times and sizes are said. Everything that a person reads is formatted here and nowhere else. */
const space = '\u00a0'
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** 1288 → "1,288". */
export const count = (value: number): string => whole.format(value)

/** (1, "photo") → "1 photo"; (1288, "photo") → "1,288 photos". */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

/** 0.9333 → "93.3 %". 1 and 0 are said without decimals. */
export function percent(share: number, digits = 1): string {
  const text = (share * 100).toFixed(digits)
  return `${Number(text) === 100 || Number(text) === 0 ? Number(text) : text}${space}%`
}

/** [0.888, 0.96] → "88.8 to 96.0 %". */
export const percentRange = ([low, high]: readonly [number, number], digits = 1): string =>
  `${(low * 100).toFixed(digits)} to ${(high * 100).toFixed(digits)}${space}%`

/** 0.8512 → "0.85"; 0.00081 → "0.00081": two significant digits below 0.1, two decimals above. */
export function decimal(value: number): string {
  if (!Number.isFinite(value)) return 'not a number'
  if (value === 0) return '0'
  return Math.abs(value) >= 0.1 ? value.toFixed(2) : String(Number(value.toPrecision(2)))
}

const sizes = ['bytes', 'kB', 'MB', 'GB', 'TB']

/** 22_600_000 → "22.6 MB". Decimal units, as file managers show them. */
export function bytes(value: number): string {
  let size = value
  let unit = 0
  while (size >= 999.5 && unit < sizes.length - 1) {
    size /= 1000
    unit += 1
  }
  const digits = unit === 0 || size >= 99.5 ? 0 : 1
  return `${size.toFixed(digits).replace(/\.0$/, '')}${space}${sizes[unit] ?? ''}`
}

/** An estimate as a person would say it: "about 2 minutes". */
export function about(seconds: number): string {
  if (seconds < 4) return 'a moment'
  if (seconds < 8) return 'about 5 seconds'
  if (seconds < 55) return `about ${Math.round(seconds / 10) * 10} seconds`
  if (seconds < 90) return 'about 1 minute'
  if (seconds < 55 * 60) {
    const minutes = Math.round(seconds / 60)
    return `about ${minutes} minutes`
  }
  const halves = Math.round(seconds / 1800)
  if (halves <= 2) return 'about 1 hour'
  if (halves < 20) return `about ${halves % 2 === 0 ? halves / 2 : `${(halves - 1) / 2}½`} hours`
  return `about ${count(Math.round(seconds / 3600))} hours`
}

/** The same where there is little room: "2 min left". */
export function left(seconds: number): string {
  if (seconds < 4) return 'a moment'
  if (seconds < 55) return `${Math.max(5, Math.round(seconds / 5) * 5)}${space}s left`
  if (seconds < 55 * 60) return `${Math.max(1, Math.round(seconds / 60))}${space}min left`
  return `${(seconds / 3600).toFixed(1).replace(/\.0$/, '')}${space}h left`
}

/** A measured time: "31.4 s", "2 min 5 s", "1 h 10 min". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)}${space}s`
  const all = Math.round(seconds)
  if (all < 3600) return `${Math.floor(all / 60)}${space}min${all % 60 === 0 ? '' : ` ${all % 60}${space}s`}`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)}${space}h${minutes % 60 === 0 ? '' : ` ${minutes % 60}${space}min`}`
}

const dayOf = (date: Date): number => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()

/** An ISO 8601 time as a day: "today", "yesterday", "5 days ago", "last week", "12 March 2026". */
export function day(iso: string, now = new Date()): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return 'at an unknown time'
  const days = Math.round((dayOf(now) - dayOf(date)) / 86_400_000)
  if (days <= 0) return 'today'
  if (days === 1) return 'yesterday'
  if (days < 7) return `${days} days ago`
  if (days < 14) return 'last week'
  if (days < 35) return `${Math.floor(days / 7)} weeks ago`
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
}

/** "2026-07" → "July 2026", or "Jul" where there is little room. */
export function monthOf(month: string, length: 'long' | 'short'): string {
  const date = new Date(`${month}-15T12:00:00Z`)
  if (Number.isNaN(date.getTime())) return 'no date'
  return date.toLocaleDateString('en', length === 'long' ? { month: 'long', year: 'numeric' } : { month: 'short' })
}

/** The clock time of an ISO 8601 time, for what happened today: "14:05". */
export const clock = (iso: string): string =>
  new Date(iso).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })

/** ["Rose", "Tulip", "Daisy"] → "Rose, Tulip and Daisy". */
export const listed = (words: readonly string[]): string =>
  new Intl.ListFormat('en-GB', { type: 'conjunction' }).format(words)

/** To go on with in a sentence: “Learning rate” becomes “learning rate”. */
export const lowered = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`
