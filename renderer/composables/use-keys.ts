import { onBeforeUnmount, onMounted } from 'vue'
import { commandOf, onMac, patternOf, type CommandName } from '../keymap.ts'

type Handlers = Partial<Record<CommandName, (event: KeyboardEvent) => void>>

const typing = 'input:not([type=range]), textarea, select, [contenteditable=true], [role=combobox]'
const ownKeys = '[role=menu], [role=listbox], [role=dialog]:not([data-photo-keys]), [role=alertdialog]'
const ownArrows = '[role=slider], [role=radiogroup], [role=tablist], [role=separator]'
const pressable = 'button, a[href], summary, [role=switch], [role=button], [role=radio], [role=slider]'

/** Whether the element that has the focus wants this key itself. */
export function isTaken(target: EventTarget | null, pattern: string): boolean {
  if (!(target instanceof Element)) return false
  if (target.closest(typing) || target.closest(ownKeys)) return true
  if (pattern === 'Escape' && target.closest('[role=dialog]')) return true
  if (/^(?:Shift\+)?(?:Arrow|Page|Home|End)/.test(pattern) && target.closest(ownArrows)) return true
  return (pattern === ' ' || pattern === 'Enter') && target.closest(pressable) !== null
}

/**
 * Listens to the keys of the key map while the component is mounted. Keys that are in no command go to `other`
 * (class keys), which answers whether it took them. Nothing is heard while the user types, or in menus and dialogs.
 */
export function useKeys(handlers: Handlers, other: (pattern: string) => boolean = () => false): void {
  const mac = onMac()
  const heard = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return
    const pattern = patternOf(event, mac)
    if (pattern === null || isTaken(event.target, pattern)) return
    const name = commandOf(pattern)
    const handler = name === undefined ? undefined : handlers[name]
    if (handler) handler(event)
    else if (!other(pattern)) return
    event.preventDefault()
  }
  onMounted(() => window.addEventListener('keydown', heard))
  onBeforeUnmount(() => window.removeEventListener('keydown', heard))
}
