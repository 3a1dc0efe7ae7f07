import {
  aggregationFn_max,
  columnFilteringFeature,
  columnGroupingFeature,
  createExpandedRowModel,
  createFilteredRowModel,
  createGroupedRowModel,
  createSortedRowModel,
  rowAggregationFeature,
  rowExpandingFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
  type ExpandedState,
  type Row,
} from '@tanstack/vue-table'
import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import type { RunOverview } from '../../../shared/run.ts'
import type { CellValue, RunColumn } from './columns.ts'
import { passes, type ColumnFilter } from './column-filter.ts'

const features = tableFeatures({
  columnFilteringFeature,
  columnGroupingFeature,
  rowAggregationFeature,
  rowExpandingFeature,
  rowSortingFeature,
  filteredRowModel: createFilteredRowModel(),
  groupedRowModel: createGroupedRowModel(),
  sortedRowModel: createSortedRowModel(),
  expandedRowModel: createExpandedRowModel(),
  aggregationFns: { max: aggregationFn_max },
})
type Features = typeof features

/** A line of the table: a run, or the head of a group of runs. */
export type TableLine =
  | { kind: 'run'; key: string; run: RunOverview }
  | { kind: 'group'; key: string; title: string; runs: readonly RunOverview[]; open: boolean }

/** Stands for a column to group by where there is none. */
export const noGroup = 'none'

export interface Sorting {
  column: string
  down: boolean
}

const collator = new Intl.Collator('en', { numeric: true })
const compare = (a: CellValue, b: CellValue): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return collator.compare(String(a ?? ''), String(b ?? ''))
}

const definition = (column: RunColumn): ColumnDef<Features, RunOverview> => ({
  id: column.key,
  accessorFn: (run) => column.value(run),
  // Groups are ordered by their highest value, runs without one come last.
  sortFn: (a, b) => compare(a.getValue<CellValue>(column.key), b.getValue<CellValue>(column.key)),
  sortUndefined: 'last',
  filterFn: (row, _, filter: ColumnFilter) => passes(filter, row.getValue<CellValue>(column.key)),
  getGroupingValue: (run) => column.text(run),
  ...(column.numeric ? { aggregationFn: 'max' as const } : {}),
})

/** Sorts, filters and groups the runs; every state is this table's own, so that a screen can keep and show it. */
export function useRunTable(runs: ComputedRef<readonly RunOverview[]>, columns: ComputedRef<readonly RunColumn[]>) {
  const sorting = shallowRef<Sorting>({ column: 'run', down: true })
  const group: ShallowRef<string> = shallowRef(noGroup)
  const filters: ShallowRef<ReadonlyMap<string, ColumnFilter>> = shallowRef(new Map())
  const closed: ShallowRef<ReadonlySet<string>> = shallowRef(new Set())

  const expanded = shallowRef<ExpandedState>(true)
  const table = useTable<Features, RunOverview>({
    features,
    data: computed(() => [...runs.value]),
    columns: computed(() => columns.value.map(definition)),
    getRowId: (run) => run.id,
    autoResetExpanded: false,
    groupedColumnMode: false,
    state: computed(() => ({
      sorting: [{ id: sorting.value.column, desc: sorting.value.down }],
      grouping: group.value === noGroup ? [] : [group.value],
      columnFilters: [...filters.value].map(([id, value]) => ({ id, value })),
      expanded: expanded.value,
    })),
  })
  watch(group, () => (closed.value = new Set()))

  const lineOf = (row: Row<Features, RunOverview>): TableLine[] => {
    if (row.depth > 0)
      return closed.value.has(row.parentId ?? '') ? [] : [{ kind: 'run', key: row.id, run: row.original }]
    if (row.subRows.length === 0 || group.value === noGroup) return [{ kind: 'run', key: row.id, run: row.original }]
    return [
      {
        kind: 'group',
        key: row.id,
        title: String(row.groupingValue ?? ''),
        runs: row.subRows.map(({ original }) => original),
        open: !closed.value.has(row.id),
      },
    ]
  }
  const lines = computed(() => table.getRowModel().rows.flatMap(lineOf))
  /** Runs that pass the filters, in the order of the table, folded away or not. */
  const ordered = computed(() =>
    table
      .getSortedRowModel()
      .rows.flatMap((row) => (row.subRows.length > 0 ? row.subRows.map(({ original }) => original) : [row.original])),
  )

  const toggleGroup = (key: string) => {
    const next = new Set(closed.value)
    if (!next.delete(key)) next.add(key)
    closed.value = next
  }
  /** A first press on numbers puts the highest on top, on words the first of the alphabet. */
  const sortBy = (column: RunColumn) => {
    sorting.value =
      sorting.value.column === column.key
        ? { column: column.key, down: !sorting.value.down }
        : { column: column.key, down: column.numeric }
  }
  const setFilter = (column: string, filter: ColumnFilter | null) => {
    const next = new Map(filters.value)
    if (filter === null) next.delete(column)
    else next.set(column, filter)
    filters.value = next
  }

  return { sorting, group, filters, lines, ordered, toggleGroup, sortBy, setFilter }
}
