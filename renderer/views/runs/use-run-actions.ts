import { Archive, ArchiveRestore, ChartLine, Copy, Grid3x3, RotateCcw } from '@lucide/vue'
import { useRouter } from 'vue-router'
import { readStoredSettings } from '../../../shared/stored-settings.ts'
import type { TrainSettings } from '../../../shared/training.ts'
import type { RunOverview } from '../../../shared/run.ts'
import type { MenuEntry } from '../../components/menu.ts'
import { useRuns } from '../../stores/runs.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useTraining } from '../../stores/training.ts'

/** What can be done with a run. */
export function useRunActions({ showSettings }: { showSettings: () => void }) {
  const runs = useRuns()
  const training = useTraining()
  const toasts = useToasts()
  const router = useRouter()

  /** The settings of a run as they are understood today; what went wrong was said. */
  const settingsOf = (run: RunOverview): TrainSettings | null => {
    try {
      return readStoredSettings(run.settings)
    } catch (error) {
      toasts.failed({
        code: 'invalid-input',
        message: `Run ${run.number} has settings that this Fleuron does not know; choose them anew in Train.`,
        details: String(error),
      })
      return null
    }
  }
  /** The same settings and seed once more: with the same photos and labels it gives the same numbers. */
  const again = async (run: RunOverview) => {
    const settings = settingsOf(run)
    if (settings === null) return
    const started = await training.start(settings)
    if (started !== null) runs.selected = [run.id, started]
  }
  const clone = async (run: RunOverview) => {
    const settings = settingsOf(run)
    if (settings === null) return
    training.take(run.number, settings)
    await router.push({ name: 'train', query: { another: null } })
  }

  const menuOf = (run: RunOverview): MenuEntry[] => [
    { kind: 'label', label: `Run ${run.number}` },
    {
      kind: 'item',
      label: 'Open its curves',
      icon: ChartLine,
      run: () => void router.push({ name: 'train', query: { run: run.id } }),
    },
    {
      kind: 'item',
      label: 'Open in Review',
      icon: Grid3x3,
      disabled: !run.hasModel,
      run: () => void router.push({ name: 'review', query: { run: run.id } }),
    },
    { kind: 'line' },
    { kind: 'item', label: 'Run again', icon: RotateCcw, run: () => void again(run) },
    { kind: 'item', label: 'Clone with changes', icon: Copy, run: () => void clone(run) },
    {
      kind: 'item',
      label: 'All settings',
      run: () => {
        if (!runs.selected.includes(run.id)) runs.selected = [run.id]
        showSettings()
      },
    },
    { kind: 'line' },
    {
      kind: 'item',
      label: run.archived ? 'Take out of the archive' : 'Archive',
      icon: run.archived ? ArchiveRestore : Archive,
      disabled: run.state === 'running',
      run: () => void runs.archive([run.id], !run.archived),
    },
  ]

  return { again, clone, menuOf }
}
