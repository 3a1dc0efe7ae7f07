/** Changes of colour as torchvision defines them for floats from 0 to 1, on planes [3, n], in place. */

export const colourChanges = ['brightness', 'contrast', 'saturation'] as const
export type ColourChange = (typeof colourChanges)[number]

const clip = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value)
const grey = (red: number, green: number, blue: number): number => 0.2989 * red + 0.587 * green + 0.114 * blue

/**
 * Brightness: factor · x. Contrast: the mean grey of the image plus factor times the distance from it. Saturation: the
 * same from the pixel's own grey. All clipped to 0 … 1.
 */
export function changeColour(planes: Float32Array, change: ColourChange, factor: number): void {
  const n = planes.length / 3
  if (change === 'brightness') {
    for (let i = 0; i < planes.length; i++) planes[i] = clip(factor * (planes[i] as number))
  } else if (change === 'contrast') {
    let sum = 0
    for (let i = 0; i < n; i++) sum += grey(planes[i] as number, planes[i + n] as number, planes[i + 2 * n] as number)
    const rest = ((1 - factor) * sum) / n
    for (let i = 0; i < planes.length; i++) planes[i] = clip(factor * (planes[i] as number) + rest)
  } else {
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
}
