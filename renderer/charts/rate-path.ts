/** The drawn learning rate: an SVG path through values at even distances, 0 at the foot, the highest at the top. */
export function ratePath(rates: readonly number[], left: number, right: number, top: number, bottom: number): string {
  const highest = Math.max(...rates, 0)
  if (rates.length < 2 || highest === 0) return ''
  return rates
    .map((rate, index) => {
      const x = left + ((right - left) * index) / (rates.length - 1)
      const y = bottom - (bottom - top) * (rate / highest)
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`
    })
    .join(' ')
}
