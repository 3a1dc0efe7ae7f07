import { Combine, Keyboard, PencilLine, Trash2 } from '@lucide/vue'
import { shallowRef } from 'vue'
import type { ClassInfo } from '../../shared/project.ts'
import type { MenuEntry } from '../components/menu.ts'

export type ClassAction = 'rename' | 'merge' | 'key' | 'remove'
export interface AskedAction {
  action: ClassAction
  info: ClassInfo
}

/** What can be done with a class: the menu that asks for it, and what was asked, for ClassDialogs to carry out. */
export function useClassActions() {
  const asked = shallowRef<AskedAction | null>(null)

  const entriesFor = (info: ClassInfo, others: number): MenuEntry[] => {
    const ask = (action: ClassAction) => () => {
      asked.value = { action, info }
    }
    return [
      { kind: 'label', label: info.name },
      { kind: 'item', label: 'Rename', icon: PencilLine, run: ask('rename') },
      { kind: 'item', label: 'Choose its key', icon: Keyboard, run: ask('key') },
      { kind: 'item', label: 'Merge into another class', icon: Combine, disabled: others === 0, run: ask('merge') },
      { kind: 'line' },
      { kind: 'item', label: 'Remove the class', icon: Trash2, danger: true, run: ask('remove') },
    ]
  }

  return { asked, entriesFor }
}
