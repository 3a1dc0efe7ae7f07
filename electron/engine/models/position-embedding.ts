import type { StoredWeight } from './model.ts'

/** Keys' cubic kernel with a = −0.5, as PyTorch uses when it antialiases. */
function cubic(distance: number): number {
  const t = Math.abs(distance)
  if (t < 1) return 1.5 * t ** 3 - 2.5 * t ** 2 + 1
  return t < 2 ? -0.5 * t ** 3 + 2.5 * t ** 2 - 4 * t + 2 : 0
}

/** Row i: how much of each old position goes into the new position i. Half-pixel centres, normalised at the borders. */
function cubicWeights(from: number, to: number): number[][] {
  const scale = from / to
  const stretch = Math.max(scale, 1)
  return Array.from({ length: to }, (_, target) => {
    const weights = Array.from({ length: from }, (_unused, source) =>
      cubic((source + 0.5 - (target + 0.5) * scale) / stretch),
    )
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return weights.map((weight) => weight / sum)
  })
}

/** rows × from × width, along the middle axis → rows × to × width. */
function resampleAxis(data: Float64Array, rows: number, from: number, to: number, width: number): Float64Array {
  const result = new Float64Array(rows * to * width)
  cubicWeights(from, to).forEach((weights, target) => {
    for (let line = 0; line < rows; line++) {
      const out = (line * to + target) * width
      weights.forEach((weight, source) => {
        if (weight === 0) return
        const start = (line * from + source) * width
        for (let i = 0; i < width; i++)
          result[out + i] = (result[out + i] as number) + weight * (data[start + i] as number)
      })
    }
  })
  return result
}

/**
 * Position embeddings [1, 1 + side², width] of a square grid fitted to another grid, as timm's `resample_abs_pos_embed`
 * does (bicubic, antialiased); the first token's is kept. Undefined when the stored shape is of another kind.
 */
export function resamplePositions(
  stored: StoredWeight,
  grid: readonly [rows: number, columns: number],
  width: number,
): Float32Array | undefined {
  const [first, tokens = 0, columns] = stored.shape
  const side = Math.sqrt(tokens - 1)
  if (stored.shape.length !== 3 || first !== 1 || columns !== width || !Number.isInteger(side) || side < 1)
    return undefined
  const [newRows, newColumns] = grid
  const old = Float64Array.from(stored.data.subarray(width))
  const resized = resampleAxis(resampleAxis(old, side, side, newColumns, width), 1, side, newRows, newColumns * width)
  const result = new Float32Array((1 + newRows * newColumns) * width)
  result.set(stored.data.subarray(0, width))
  result.set(resized, width)
  return result
}
