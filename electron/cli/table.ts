/** Tables for the terminal: columns as wide as their widest cell, numbers to the right. */
export function table(head: string[], rows: (string | number)[][]): string {
  const cells = [head, ...rows.map((row) => row.map((cell) => String(cell).replaceAll('\n', ' ')))]
  const numeric = head.map((_, column) => rows.every((row) => typeof row[column] === 'number'))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? '')].length)))
  return cells
    .map((row) =>
      row
        .map((cell, column) => {
          const gap = ' '.repeat((widths[column] ?? 0) - [...cell].length)
          return numeric[column] ? gap + cell : cell + gap
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Rows are the true classes, columns what they were called. */
export const confusionTable = (classes: string[], confusion: number[][]): string =>
  table(
    ['true ↓  called →', ...classes],
    confusion.map((row, index) => [classes[index] ?? '', ...row]),
  )

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
