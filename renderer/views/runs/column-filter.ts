/** Which values of a column are let through. */
import type { CellValue } from './columns.ts'

export type ColumnFilter =
  | { kind: 'values'; values: ReadonlySet<string> }
  /** Ends included; null is open. */
  | { kind: 'range'; from: number | null; to: number | null }

/** What stands for a run that has no value. */
export const noValue = '–'

export function passes(filter: ColumnFilter, value: CellValue): boolean {
  switch (filter.kind) {
    case 'values':
      return filter.values.has(value === undefined ? noValue : String(value))
    case 'range':
      if (typeof value !== 'number') return false
      return (filter.from === null || value >= filter.from) && (filter.to === null || value <= filter.to)
  }
}
