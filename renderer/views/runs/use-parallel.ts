import { computed, shallowRef, type ComputedRef } from 'vue'
import type { ParallelRun } from '../../charts/parallel-lines.ts'
import { inBrush, moved, parallelAxis, type Brush, type ParallelAxis } from '../../charts/parallel-axis.ts'
import type { RunOverview } from '../../../shared/run.ts'
import { useRememberedList } from '../../composables/use-remembered.ts'
import type { RunColumn } from './columns.ts'

const usualAxes = ['model', 'policy', 'settings.learningRate', 'settings.epochs', 'accuracy']
/** Rates and decays are chosen by powers of ten. */
const usuallyLog = ['settings.learningRate', 'settings.weightDecay']

/** The axes of the parallel coordinates, what is brushed on them, and which runs that lets through. */
export function useParallel(
  runs: ComputedRef<readonly RunOverview[]>,
  columns: ComputedRef<readonly RunColumn[]>,
  selected: () => readonly string[],
) {
  const keys = useRememberedList('fleuron.runs.axes', usualAxes)
  const logs = useRememberedList('fleuron.runs.log-axes', usuallyLog)
  const brushes = shallowRef<ReadonlyMap<string, Brush>>(new Map())

  const possible = computed(() => columns.value.filter(({ key }) => !['interval', 'words', 'notes'].includes(key)))
  const laidOut = computed(() =>
    keys.value.flatMap((key): { column: RunColumn; axis: ParallelAxis }[] => {
      const column = possible.value.find((each) => each.key === key)
      if (column === undefined) return []
      const values = runs.value.map((run) => column.value(run))
      const axis = parallelAxis({ key, title: column.title }, values, logs.value.includes(key))
      return axis === null ? [] : [{ column, axis }]
    }),
  )
  const axes = computed(() => laidOut.value.map(({ axis }) => axis))
  const lines = computed<ParallelRun[]>(() => {
    const places = new Map(selected().map((id, place) => [id, place]))
    return runs.value.map((run) => ({
      id: run.id,
      number: run.number,
      places: laidOut.value.map(({ column, axis }) => axis.position(column.value(run))),
      place: places.get(run.id) ?? null,
    }))
  })
  /** Runs that all brushes let through; null while nothing is brushed. */
  const brushed = computed<ReadonlySet<string> | null>(() => {
    const active = axes.value.flatMap(({ key }, index) => {
      const range = brushes.value.get(key)
      return range === undefined ? [] : [{ index, range }]
    })
    if (active.length === 0) return null
    const inside = lines.value.filter(({ places }) =>
      active.every(({ index, range }) => inBrush(places[index] ?? null, range)),
    )
    return new Set(inside.map(({ id }) => id))
  })
  /** "Rate 0.0006 to 0.002". */
  const brushedWords = computed(() =>
    axes.value
      .flatMap(({ key, title, said }) => {
        const range = brushes.value.get(key)
        return range === undefined ? [] : [`${title} ${said(range[0])} to ${said(range[1])}`]
      })
      .join(', '),
  )

  const brush = (key: string, range: Brush | null) => {
    const next = new Map(brushes.value)
    if (range === null) next.delete(key)
    else next.set(key, range)
    brushes.value = next
  }
  const clear = () => (brushes.value = new Map())
  /** By the places of the axes that are shown. */
  const move = (from: number, to: number) => {
    const shown = axes.value.map(({ key }) => key)
    keys.value = [...moved(shown, from, to), ...keys.value.filter((key) => !shown.includes(key))]
  }
  const setLog = (key: string, log: boolean) => {
    brush(key, null)
    logs.value = log ? [...logs.value, key] : logs.value.filter((each) => each !== key)
  }
  const remove = (key: string) => {
    brush(key, null)
    keys.value = keys.value.filter((each) => each !== key)
  }
  const toggle = (key: string, on: boolean) => (on ? (keys.value = [...keys.value, key]) : remove(key))

  return { possible, axes, lines, brushes, brushed, brushedWords, brush, clear, move, setLog, remove, toggle }
}
