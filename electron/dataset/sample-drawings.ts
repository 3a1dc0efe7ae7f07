import type { RandomStream } from '../engine/random/index.ts'

/**
 * The pictures of the built-in sample, as SVG. Five kinds of flower differ in shape and colour; everything else
 * (background, light, size, place, number, what stands in front) is drawn from the same distribution for all of them,
 * so that only the flower tells its kind.
 */

export const side = 320

export const flowerKinds = ['daisy', 'forget-me-not', 'lily', 'sunflower', 'tulip'] as const
export type FlowerKind = (typeof flowerKinds)[number]

export const fieldKinds = [
  'mushroom',
  'car',
  'butterfly',
  'house',
  'fish',
  'cup',
  'spruce',
  'bird',
  'umbrella',
  'snail',
] as const
export type FieldKind = (typeof fieldKinds)[number]

const TURN = 2 * Math.PI
const between = (random: RandomStream, low: number, high: number): number => low + (high - low) * random.uniform()
const whole = (random: RandomStream, low: number, high: number): number => Math.floor(between(random, low, high + 1))
const hsl = (hue: number, saturation: number, lightness: number): string =>
  `hsl(${hue.toFixed(1)} ${saturation.toFixed(1)}% ${lightness.toFixed(1)}%)`
const colour = (random: RandomStream, hue: number, saturation: number, lightness: number, spread = 1): string =>
  hsl(
    hue + between(random, -6, 6) * spread,
    saturation + between(random, -8, 8) * spread,
    lightness + between(random, -5, 5) * spread,
  )
const n = (value: number): string => value.toFixed(1)

/** A petal from the middle outwards: `width` and `length` in units of the flower's radius, `point` from round (0) to sharp (1). */
function petal(angle: number, length: number, width: number, point: number, fill: string): string {
  const half = width / 2
  const shoulder = length * (0.75 - 0.3 * point)
  const round = half * (1 - point)
  const path =
    `M0 0C${n(half * 100)} ${n(length * 22)} ${n(half * 100)} ${n(shoulder * 100)} ${n(round * 60)} ${n(length * 96)}` +
    `Q0 ${n(length * 104)} ${n(-round * 60)} ${n(length * 96)}C${n(-half * 100)} ${n(shoulder * 100)} ${n(-half * 100)} ${n(length * 22)} 0 0Z`
  return `<path d="${path}" fill="${fill}" stroke="rgb(0 0 0 / .16)" transform="rotate(${n((angle / TURN) * 360)})"/>`
}

interface Ring {
  count: number
  length: number
  width: number
  point: number
  fill: () => string
  turn?: number
}

function ring(random: RandomStream, petals: Ring): string {
  const turn = petals.turn ?? between(random, 0, TURN)
  return Array.from({ length: petals.count }, (_, index) =>
    petal(
      turn + ((index + between(random, -0.12, 0.12)) / petals.count) * TURN,
      petals.length * between(random, 0.92, 1.06),
      petals.width,
      petals.point,
      petals.fill(),
    ),
  ).join('')
}

const disc = (radius: number, fill: string): string => `<circle r="${n(radius * 100)}" fill="${fill}"/>`

/** A flower of radius 100 about the origin, seen from above, or from the side for the tulip. */
const flowers: Record<FlowerKind, (random: RandomStream) => string> = {
  daisy: (random) =>
    ring(random, {
      count: whole(random, 13, 19),
      length: 1,
      width: 0.3,
      point: 0.1,
      fill: () => colour(random, 50, 20, 93, 0.6),
    }) + disc(between(random, 0.24, 0.32), colour(random, 46, 90, 52)),

  'forget-me-not': (random) => {
    const hue = between(random, 212, 236)
    const petals = ring(random, {
      count: 5,
      length: 0.96,
      width: 1.05,
      point: 0,
      fill: () => colour(random, hue, 62, 64, 0.6),
    })
    return petals + disc(0.24, colour(random, 48, 80, 72)) + disc(0.12, colour(random, 250, 40, 34))
  },

  lily: (random) => {
    const hue = between(random, 318, 344)
    const turn = between(random, 0, TURN)
    const petals = ring(random, {
      count: 6,
      length: 1.05,
      width: 0.5,
      point: 1,
      turn,
      fill: () => colour(random, hue, 62, 62, 0.7),
    })
    const stamens = Array.from({ length: 6 }, (_, index) => {
      const angle = turn + ((index + 0.5) / 6) * TURN
      const [x, y] = [Math.sin(angle) * 42, Math.cos(angle) * 42]
      return `<path d="M0 0L${n(x)} ${n(y)}" stroke="#f3e6c8" stroke-width="4"/><circle cx="${n(x)}" cy="${n(y)}" r="6" fill="#8a4a1c"/>`
    }).join('')
    return petals + stamens + disc(0.12, colour(random, 62, 60, 60))
  },

  sunflower: (random) => {
    const fill = () => colour(random, 46, 90, 52)
    const count = whole(random, 17, 23)
    const heart = between(random, 0.44, 0.54)
    const seeds = Array.from({ length: 46 }, (_, index) => {
      // Vogel's spiral, as the seeds of a real one stand.
      const radius = heart * 92 * Math.sqrt((index + 0.5) / 46)
      const angle = index * 2.39996
      return `<circle cx="${n(radius * Math.cos(angle))}" cy="${n(radius * Math.sin(angle))}" r="3.2" fill="rgb(30 14 4 / .55)"/>`
    }).join('')
    return (
      ring(random, { count, length: 1.02, width: 0.26, point: 0.8, fill }) +
      ring(random, { count, length: 0.9, width: 0.24, point: 0.8, fill }) +
      disc(heart, colour(random, 26, 52, 22)) +
      seeds
    )
  },

  tulip: (random) => {
    const hue = between(random, -14, 18)
    const shade = (lightness: number) => colour(random, hue, 74, lightness, 0.5)
    const stem = colour(random, 105, 36, 36)
    const lean = between(random, -14, 14)
    return (
      `<path d="M0 60Q${n(lean)} 150 ${n(lean * 2)} 260" stroke="${stem}" stroke-width="13" fill="none"/>` +
      `<path d="M${n(lean)} 250Q-90 150 -62 40Q-30 150 ${n(lean)} 250Z" fill="${stem}"/>` +
      `<path d="M-66 -58Q-40 -30 -30 -84Q0 -40 30 -84Q40 -30 66 -58Q84 70 0 84Q-84 70 -66 -58Z" fill="${shade(42)}"/>` +
      `<path d="M-66 -58Q-84 70 0 84Q-40 20 -66 -58Z" fill="${shade(54)}"/>` +
      `<path d="M66 -58Q84 70 0 84Q40 20 66 -58Z" fill="${shade(54)}"/>` +
      `<path d="M0 -92Q46 -10 0 84Q-46 -10 0 -92Z" fill="${shade(50)}"/>`
    )
  },
}

const wheel = (x: number): string =>
  `<circle cx="${x}" cy="46" r="24" fill="#1d1d1f"/><circle cx="${x}" cy="46" r="11" fill="#c9ccd1"/>`

/** Things that are none of the flowers, within about 100 units of the origin. */
const things: Record<FieldKind, (random: RandomStream) => string> = {
  mushroom: (random) => {
    const dots = [-48, -8, 42].map(
      (x) => `<circle cx="${x}" cy="${n(between(random, -58, -18))}" r="11" fill="#f4efe4"/>`,
    )
    return (
      `<path d="M-22 0Q-30 90 -34 96H34Q30 90 22 0Z" fill="${colour(random, 40, 26, 84)}"/>` +
      `<path d="M-96 8Q-80 -92 0 -92T96 8Q0 34 -96 8Z" fill="${colour(random, between(random, 2, 34), 62, 40)}"/>` +
      dots.join('')
    )
  },
  car: (random) => {
    const body = colour(random, between(random, 0, 360), 58, 44)
    return (
      `<path d="M-118 44V8Q-112 -8 -84 -10L-50 -52Q-44 -58 -34 -58H34Q44 -58 54 -50L88 -10Q118 -6 120 16V44Z" fill="${body}"/>` +
      `<path d="M-66 -12L-40 -46H-6V-12Z M6 -12V-46H32L64 -12Z" fill="#bcd3e0"/>${wheel(-66)}${wheel(66)}`
    )
  },
  butterfly: (random) => {
    const wing = colour(random, between(random, 10, 60), 70, 50)
    const spot = colour(random, 220, 30, 20)
    const one =
      `<path d="M4 -6C40 -100 120 -90 104 -30C96 6 40 10 4 2Z" fill="${wing}" stroke="#241a12" stroke-width="6"/>` +
      `<path d="M4 4C50 10 92 40 66 76C44 98 12 60 4 12Z" fill="${wing}" stroke="#241a12" stroke-width="5"/>` +
      `<circle cx="72" cy="-46" r="12" fill="${spot}"/>`
    return `${one}<g transform="scale(-1 1)">${one}</g><rect x="-6" y="-44" width="12" height="104" rx="6" fill="#241a12"/>`
  },
  house: (random) => {
    const windows = [-62, 34].map((x) => `<rect x="${x}" y="10" width="30" height="30" fill="#a9c6d8" stroke="#fff"/>`)
    return (
      `<rect x="-84" y="-16" width="168" height="108" fill="${colour(random, 34, 30, 72)}"/>` +
      `<path d="M-104 -12L0 -96L104 -12Z" fill="${colour(random, 12, 46, 38)}"/>` +
      `<rect x="-18" y="30" width="36" height="62" fill="#4a3323"/>${windows.join('')}`
    )
  },
  fish: (random) => {
    const scales = colour(random, between(random, 170, 215), 46, 48)
    return (
      `<path d="M62 0L112 -44Q100 0 112 44Z" fill="${scales}"/>` +
      `<path d="M-104 0Q-40 -66 70 0Q-40 66 -104 0Z" fill="${scales}"/>` +
      `<path d="M-52 -34Q-34 0 -52 34" stroke="rgb(0 0 0 / .4)" stroke-width="4" fill="none"/>` +
      `<circle cx="-74" cy="-8" r="8" fill="#fff"/><circle cx="-75" cy="-8" r="4" fill="#111"/>`
    )
  },
  cup: (random) => {
    const glaze = colour(random, between(random, 0, 360), 26, 60)
    return (
      `<path d="M58 -34Q116 -40 104 10Q96 40 50 44" stroke="${glaze}" stroke-width="16" fill="none"/>` +
      `<path d="M-74 -62H74L58 70Q0 92 -58 70Z" fill="${glaze}"/><ellipse cy="-62" rx="74" ry="18" fill="#3b2417"/>`
    )
  },
  spruce: (random) => {
    const tiers = [0, 1, 2, 3].map(
      (step) =>
        `<path d="M0 ${-108 + step * 40}L${38 + step * 17} ${-34 + step * 38}H${-38 - step * 17}Z" fill="${colour(random, 140, 34, 26)}"/>`,
    )
    return `<rect x="-10" y="60" width="20" height="44" fill="#4c3524"/>${tiers.join('')}`
  },
  bird: (random) => {
    const coat = colour(random, between(random, 0, 50), 36, 40)
    return (
      `<path d="M-96 30L-40 12L-44 40Z" fill="${coat}"/><ellipse cx="4" cy="8" rx="62" ry="44" fill="${coat}"/>` +
      `<circle cx="54" cy="-36" r="30" fill="${coat}"/><path d="M80 -40L110 -32L80 -26Z" fill="#d99a2b"/>` +
      `<circle cx="60" cy="-42" r="5" fill="#111"/><path d="M-40 0Q0 -10 30 20Q-6 44 -40 0Z" fill="rgb(0 0 0 / .3)"/>` +
      `<path d="M-6 50V92M14 50V92" stroke="#6b4a22" stroke-width="5"/>`
    )
  },
  umbrella: (random) => {
    const hue = between(random, 0, 360)
    return (
      `<path d="M0 -80V84Q0 102 20 100Q34 96 30 82" stroke="#3d3d42" stroke-width="7" fill="none"/>` +
      `<path d="M-110 4Q-96 -90 0 -92T110 4Q84 -16 56 4Q28 -16 0 4Q-28 -16 -56 4Q-84 -16 -110 4Z" fill="${colour(random, hue, 60, 46)}"/>` +
      `<path d="M0 -92Q-50 -60 -56 4Q-28 -16 0 4Q28 -16 56 4Q50 -60 0 -92Z" fill="${colour(random, hue, 60, 56)}"/>`
    )
  },
  snail: (random) => {
    const shell = between(random, 16, 38)
    const whorls = [72, 54, 36, 18].map(
      (radius, step) =>
        `<circle cx="${-14 + step * 5}" cy="${2 + step * 4}" r="${radius}" fill="${hsl(shell, 46, 34 + step * 9)}"/>`,
    )
    return (
      `<path d="M-110 74Q-96 40 -50 46H60Q84 40 82 0Q84 -30 102 -30Q124 -20 112 40Q104 76 60 78Z" fill="${colour(random, 42, 30, 58)}"/>` +
      `<path d="M96 -30L86 -66M106 -28L114 -64" stroke="#8a7a58" stroke-width="5"/>${whorls.join('')}`
    )
  },
}

/** A meadow, bare earth, sky or stone, out of focus: the same for every kind. */
function background(random: RandomStream): string {
  const palettes = [
    { hue: between(random, 80, 130), saturation: 30, lightness: 36 },
    { hue: between(random, 25, 45), saturation: 22, lightness: 40 },
    { hue: between(random, 190, 225), saturation: 26, lightness: 58 },
    { hue: between(random, 0, 360), saturation: 5, lightness: 46 },
  ] as const
  const { hue, saturation, lightness } = palettes[whole(random, 0, palettes.length - 1)] ?? palettes[0]
  const base = colour(random, hue, saturation, lightness + between(random, -12, 12), 2)
  const blobs = Array.from({ length: 14 }, (_, index) => {
    const shift = [between(random, -30, 30), between(random, -18, 18)] as const
    const fill = colour(random, hue + shift[0], saturation, lightness + shift[1], 2)
    const [x, y] = [between(random, 0, side), between(random, 0, side)]
    const [rx, ry] = [between(random, 30, 110), between(random, 30, 110)]
    // Gradients that fade out look like a blur and cost a tenth of one.
    return (
      `<radialGradient id="b${index}"><stop offset=".35" stop-color="${fill}" stop-opacity=".6"/><stop offset="1" stop-color="${fill}" stop-opacity="0"/></radialGradient>` +
      `<ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(rx)}" ry="${n(ry)}" fill="url(#b${index})"/>`
    )
  }).join('')
  return `<rect width="${side}" height="${side}" fill="${base}"/>${blobs}`
}

/** Blades of grass. */
function blades(random: RandomStream, count: number): string {
  return Array.from({ length: count }, () => {
    const x = between(random, -20, side + 20)
    const top = between(random, side * 0.25, side * 0.8)
    const lean = between(random, -50, 50)
    const middle = n((side + top) / 2)
    const fill = colour(random, between(random, 70, 130), 30, between(random, 22, 46), 2)
    const left = `M${n(x)} ${side + 8}Q${n(x + lean * 0.2)} ${middle} ${n(x + lean)} ${n(top)}`
    return `<path d="${left}Q${n(x + lean * 0.3 + 9)} ${middle} ${n(x + 11)} ${side + 8}Z" fill="${fill}"/>`
  }).join('')
}

function place(random: RandomStream, drawing: string, radius: number, x: number, y: number, turn: number): string {
  // Foreshortening: nothing is seen exactly from the front.
  const squash = between(random, 0.72, 1)
  const scale = radius / 100
  const size = `scale(${(scale * squash).toFixed(3)} ${scale.toFixed(3)})`
  return `<g transform="translate(${n(x)} ${n(y)}) rotate(${n(turn)}) ${size}">${drawing}</g>`
}

function picture(random: RandomStream, subject: string): string {
  const light = whole(random, 0, 1) === 0 ? '#fff4d6' : '#0a1020'
  const veil = between(random, 0.02, 0.26)
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 ${side} ${side}">` +
    `${background(random)}${blades(random, whole(random, 2, 7))}${subject}${blades(random, whole(random, 0, 3))}` +
    `<rect width="${side}" height="${side}" fill="${light}" opacity="${veil.toFixed(2)}"/></svg>`
  )
}

/** One to three flowers of a kind, the last drawn the largest and near the middle. */
export function drawFlower(kind: FlowerKind, random: RandomStream): string {
  const count = whole(random, 1, 3)
  const subject = Array.from({ length: count }, (_, index) => {
    const chief = index === count - 1
    const radius = chief ? between(random, 74, 118) : between(random, 30, 60)
    const spread = chief ? 0.16 : 0.42
    const x = side * (0.5 + between(random, -spread, spread))
    const y = side * (0.5 + between(random, -spread, spread))
    const turn = kind === 'tulip' ? between(random, -24, 24) : between(random, 0, 360)
    return place(random, flowers[kind](random), radius, x, y, turn)
  })
  return picture(random, subject.join(''))
}

/** A picture that shows none of the flowers. */
export function drawThing(kind: FieldKind, random: RandomStream): string {
  const x = side * (0.5 + between(random, -0.12, 0.12))
  const y = side * (0.5 + between(random, -0.12, 0.12))
  return picture(random, place(random, things[kind](random), between(random, 84, 124), x, y, between(random, -14, 14)))
}
