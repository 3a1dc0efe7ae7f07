/** Changes of colour as torchvision defines them for floats from 0 to 1, on planes [3, n], in place. */

export const colourChanges = ['brightness', 'contrast', 'saturation', 'hue'] as const
export type ColourChange = (typeof colourChanges)[number]

const clip = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value)
const grey = (red: number, green: number, blue: number): number => 0.2989 * red + 0.587 * green + 0.114 * blue

/**
 * Brightness: factor · x. Contrast: the mean grey of the image plus factor times the distance from it. Saturation: the
 * same from the pixel's own grey. Hue: `factor` turns round the colour wheel. All clipped to 0 … 1.
 */
export function changeColour(planes: Float32Array, change: ColourChange, factor: number): void {
  switch (change) {
    case 'brightness':
      return blend(planes, factor, 0)
    case 'contrast':
      return blend(planes, factor, (1 - factor) * meanGrey(planes))
    case 'saturation':
      return saturate(planes, factor)
    case 'hue':
      return turnHue(planes, factor)
  }
}

function blend(planes: Float32Array, factor: number, rest: number): void {
  for (let i = 0; i < planes.length; i++) planes[i] = clip(factor * (planes[i] as number) + rest)
}

function meanGrey(planes: Float32Array): number {
  const n = planes.length / 3
  let sum = 0
  for (let i = 0; i < n; i++) sum += grey(planes[i] as number, planes[i + n] as number, planes[i + 2 * n] as number)
  return sum / n
}

function saturate(planes: Float32Array, factor: number): void {
  const n = planes.length / 3
  for (let i = 0; i < n; i++) {
    const red = planes[i] as number
    const green = planes[i + n] as number
    const blue = planes[i + 2 * n] as number
    const rest = (1 - factor) * grey(red, green, blue)
    planes[i] = clip(factor * red + rest)
    planes[i + n] = clip(factor * green + rest)
    planes[i + 2 * n] = clip(factor * blue + rest)
  }
}

/** By way of HSV, of which value and chroma stay: a channel is value − chroma · ramp of the distance to its own hue. */
function turnHue(planes: Float32Array, turns: number): void {
  const n = planes.length / 3
  // Between 0 and 6, so that no hue becomes negative by more than one turn.
  const offset = 6 * (turns - Math.floor(turns))
  for (let i = 0; i < n; i++) {
    const red = planes[i] as number
    const green = planes[i + n] as number
    const blue = planes[i + 2 * n] as number
    const value = red > green ? (red > blue ? red : blue) : green > blue ? green : blue
    const least = red < green ? (red < blue ? red : blue) : green < blue ? green : blue
    const chroma = value - least
    if (chroma === 0) continue
    // In sixths of the wheel, from red.
    const hue =
      value === red ? (green - blue) / chroma : value === green ? 2 + (blue - red) / chroma : 4 + (red - green) / chroma
    const turned = hue + offset
    planes[i] = value - chroma * ramp(turned + 5)
    planes[i + n] = value - chroma * ramp(turned + 3)
    planes[i + 2 * n] = value - chroma * ramp(turned + 1)
  }
}

/** 0 to 1 to 0 over six sixths, flat at both ends; from −1 to 17 sixths (a remainder of floats is dear). */
function ramp(sixths: number): number {
  const k = sixths >= 12 ? sixths - 12 : sixths >= 6 ? sixths - 6 : sixths
  const rising = k < 4 - k ? k : 4 - k
  return rising < 0 ? 0 : rising > 1 ? 1 : rising
}

/** Without colour: every channel the grey of the pixel. */
export function makeGrey(planes: Float32Array): void {
  const n = planes.length / 3
  for (let i = 0; i < n; i++) {
    const level = grey(planes[i] as number, planes[i + n] as number, planes[i + 2 * n] as number)
    planes[i] = level
    planes[i + n] = level
    planes[i + 2 * n] = level
  }
}
