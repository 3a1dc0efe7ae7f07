import { Copy, FileSpreadsheet, Link } from '@lucide/vue'
import type { MenuEntry } from '../components/menu.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { useToasts } from '../stores/toasts.ts'
import { saveText } from './save-text.ts'

/** The menu that takes the labels out of Fleuron. */
export function useExport(): { entries: readonly MenuEntry[] } {
  const toasts = useToasts()

  const csv = async () => {
    try {
      const { name, text } = await fleuron().labels.exportCsv()
      saveText(name, text, 'text/csv')
      toasts.done(`${name} was saved to your downloads.`)
    } catch (error) {
      toasts.failed(errorValue(error), { label: 'Try again', run: () => void csv() })
    }
  }

  const folders = async (how: 'link' | 'copy') => {
    try {
      const to = await fleuron().host.chooseFolder({ title: 'Where to put one folder per class' })
      if (to === null) return
      await fleuron().labels.exportFolders({ to, how })
    } catch (error) {
      toasts.failed(errorValue(error), { label: 'Try again', run: () => void folders(how) })
    }
  }

  return {
    entries: [
      { kind: 'item', label: 'As a table (CSV)', icon: FileSpreadsheet, run: () => void csv() },
      { kind: 'item', label: 'As folders by class, with links', icon: Link, run: () => void folders('link') },
      { kind: 'item', label: 'As folders by class, with copies', icon: Copy, run: () => void folders('copy') },
    ],
  }
}
