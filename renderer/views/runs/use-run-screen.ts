import { computed, ref } from 'vue'
import type { RunOverview } from '../../../shared/run.ts'
import type { MenuEntry } from '../../components/menu.ts'
import { useRememberedList } from '../../composables/use-remembered.ts'
import { useRuns } from '../../stores/runs.ts'
import { useTraining } from '../../stores/training.ts'
import { fixedColumns, settingColumns, usualColumns, type ColumnFamily } from './columns.ts'
import { runQuery } from './run-query.ts'
import { noGroup, useRunTable } from './use-run-table.ts'

const families: readonly ColumnFamily[] = ['Run', 'Best epoch', 'Reproduction', 'Settings']
const ungroupable = new Set(['interval', 'words', 'started', 'notes', 'run'])

/** What the table shows: its columns, and the runs that are looked for. */
export function useRunScreen() {
  const store = useRuns()
  const training = useTraining()
  const text = ref('')
  const archived = ref(false)
  const shownKeys = useRememberedList('fleuron.runs.columns', usualColumns)

  const listed = computed<readonly RunOverview[]>(() =>
    (store.runs ?? []).filter((run) => archived.value || !run.archived),
  )
  const columns = computed(() => [...fixedColumns((run) => training.modelName(run)), ...settingColumns(listed.value)])
  const shownColumns = computed(() => columns.value.filter(({ key }) => shownKeys.value.includes(key)))

  const found = computed(() => {
    if (text.value.trim() === '') return listed.value
    const holds = runQuery(text.value, columns.value)
    return listed.value.filter(holds)
  })
  const table = useRunTable(found, columns)

  const show = (key: string, on: boolean) => {
    shownKeys.value = on ? [...shownKeys.value, key] : shownKeys.value.filter((each) => each !== key)
  }
  const hide = (key: string) => show(key, false)

  const columnEntries = computed<MenuEntry[]>(() => [
    ...families.map((family): MenuEntry => ({
      kind: 'more',
      label: family,
      entries: columns.value
        .filter((column) => column.family === family && column.key !== 'run')
        .map(({ key, title }) => ({
          kind: 'check',
          label: title,
          checked: shownKeys.value.includes(key),
          run: (on) => show(key, on),
        })),
    })),
    { kind: 'line' },
    { kind: 'check', label: 'Runs in the archive', checked: archived.value, run: (on) => (archived.value = on) },
    { kind: 'item', label: 'The usual columns', run: () => (shownKeys.value = usualColumns) },
  ])
  const groupOptions = computed(() => [
    { value: noGroup, label: 'None', shown: 'Group: none' },
    ...columns.value
      .filter(({ key }) => !ungroupable.has(key))
      .map(({ key, title }) => ({ value: key, label: title, shown: `Group: ${title}` })),
  ])

  const filtered = computed(() => text.value !== '' || table.filters.value.size > 0)
  const clear = () => {
    text.value = ''
    table.filters.value = new Map()
  }

  return { text, archived, listed, columns, shownColumns, table, hide, columnEntries, groupOptions, filtered, clear }
}
