/** A matrix of real numbers, row-major: a row per photo, a column per class or feature. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly data: Float32Array | Float64Array
}

/** Wraps flat row-major data. @throws RangeError when they are no whole number of rows */
export function matrix(data: Matrix['data'], columns: number): Matrix {
  const rows = columns === 0 ? 0 : data.length / columns
  if (!Number.isInteger(rows)) throw new RangeError(`${data.length} numbers are no whole rows of ${columns}.`)
  return { rows, columns, data }
}

/** Row `index`, without copying. */
export function row({ columns, data }: Matrix, index: number): Matrix['data'] {
  return data.subarray(index * columns, (index + 1) * columns)
}

/** One number per row. */
export function mapRows(from: Matrix, value: (row: Matrix['data'], index: number) => number): Float64Array {
  return Float64Array.from({ length: from.rows }, (_, index) => value(row(from, index), index))
}

/** Each row divided by its Euclidean length; a row of zeros stays. */
export function normaliseRows(from: Matrix): Matrix {
  const data = Float64Array.from(from.data)
  const { rows, columns } = from
  for (let index = 0; index < rows; index++) {
    const values = data.subarray(index * columns, (index + 1) * columns)
    const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
    // The same floor as in the exported graph, where 0 / 0 must not occur.
    for (let column = 0; column < columns; column++)
      values[column] = (values[column] as number) / Math.max(length, 1e-12)
  }
  return { rows, columns, data }
}
