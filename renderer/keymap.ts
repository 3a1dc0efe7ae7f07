import { computed, shallowRef } from 'vue'
import { reservedKeys } from '../shared/keys.ts'

/**
 * The keys of the application as data: the key map shows this table, the hints name it, the handlers look keys up in it.
 * A pattern is a key as `KeyboardEvent.key` names it, letters in lower case, with `Mod+` (Ctrl, or Cmd on a Mac) and
 * `Shift+` before it.
 */
export interface Command {
  keys: readonly string[]
  /** What the key does, as the key map says it. */
  does: string
  group: 'Label' | 'Move' | 'Select' | 'Photos' | 'Everywhere'
}

export const commands = {
  clear: { keys: ['0', 'Delete', 'Backspace'], does: 'clear the class', group: 'Label' },
  classByName: { keys: ['Mod+k'], does: 'set a class by its name', group: 'Label' },
  previous: { keys: ['ArrowLeft', 'a'], does: 'previous photo', group: 'Move' },
  next: { keys: ['ArrowRight', 'd'], does: 'next photo', group: 'Move' },
  up: { keys: ['ArrowUp'], does: 'one row up', group: 'Move' },
  down: { keys: ['ArrowDown'], does: 'one row down', group: 'Move' },
  pageUp: { keys: ['PageUp'], does: 'one screen up', group: 'Move' },
  pageDown: { keys: ['PageDown'], does: 'one screen down', group: 'Move' },
  first: { keys: ['Home'], does: 'first photo', group: 'Move' },
  last: { keys: ['End'], does: 'last photo', group: 'Move' },
  nextUnlabelled: { keys: ['n'], does: 'next unlabelled photo', group: 'Move' },
  previousUnlabelled: { keys: ['Shift+n'], does: 'previous unlabelled photo', group: 'Move' },
  select: { keys: [' '], does: 'select the photo, or no longer', group: 'Select' },
  extendPrevious: { keys: ['Shift+ArrowLeft'], does: 'select towards the previous photo', group: 'Select' },
  extendNext: { keys: ['Shift+ArrowRight'], does: 'select towards the next photo', group: 'Select' },
  extendUp: { keys: ['Shift+ArrowUp'], does: 'select one row up', group: 'Select' },
  extendDown: { keys: ['Shift+ArrowDown'], does: 'select one row down', group: 'Select' },
  selectAll: { keys: ['Mod+a'], does: 'select all photos of the filter', group: 'Select' },
  selectNone: { keys: ['Escape'], does: 'select none', group: 'Select' },
  exclude: { keys: ['x'], does: 'exclude from training, or no longer', group: 'Photos' },
  flag: { keys: ['f'], does: 'flag, or no longer', group: 'Photos' },
  open: { keys: ['Enter'], does: 'open the photo; in Review, its label is right', group: 'Photos' },
  zoom: { keys: ['z'], does: 'zoom to 100 %', group: 'Photos' },
  previousCell: { keys: ['['], does: 'previous mistake of the matrix', group: 'Move' },
  nextCell: { keys: [']'], does: 'next mistake of the matrix', group: 'Move' },
  train: { keys: ['Mod+Enter'], does: 'start training', group: 'Everywhere' },
  undo: { keys: ['Mod+z'], does: 'undo', group: 'Everywhere' },
  redo: { keys: ['Mod+Shift+z', 'Mod+y'], does: 'redo', group: 'Everywhere' },
  find: { keys: ['/', 'Mod+f'], does: 'find in file names', group: 'Everywhere' },
  openFolder: { keys: ['Mod+o'], does: 'open a folder, on the first screen', group: 'Everywhere' },
  help: { keys: ['?'], does: 'this key map', group: 'Everywhere' },
} as const satisfies Record<string, Command>

export type CommandName = keyof typeof commands
const commandNames = Object.keys(commands) as CommandName[]

/** Keys that the user gave in place of those above, by the name of the command: a setting. */
export const ownKeys = shallowRef<Readonly<Record<string, string>>>({})

export const keysOf = (name: CommandName): readonly string[] => {
  const own = ownKeys.value[name]
  return own === undefined ? commands[name].keys : [own]
}

const byPattern = computed(
  () => new Map(commandNames.flatMap((name) => keysOf(name).map((key): [string, CommandName] => [key, name]))),
)
/** The command that has this key now. */
export const commandOf = (pattern: string): CommandName | undefined => byPattern.value.get(pattern)

/**
 * Why a command cannot have this key, in one sentence; null when it can.
 * @param holderOf the name of the class that has a key
 */
export function refusalOf(
  name: CommandName,
  pattern: string,
  holderOf: (key: string) => string | undefined,
): string | null {
  const cap = keyCap(pattern, onMac())
  if (/^(?:Shift\+)?Tab$/.test(pattern)) return `${cap} moves the focus from part to part; press another key.`
  if (/^[1-9]$/.test(pattern)) return `${cap} sets a class; press another key.`
  const other = commandOf(pattern)
  if (other !== undefined && other !== name) {
    return `${cap} means “${commands[other].does}” already; press another key, or give that one another first.`
  }
  const holder = holderOf(pattern)
  if (holder === undefined) return null
  return `${cap} is the key of ${holder}; press another key, or give the class another first.`
}

/** Whether a class may not have this key, because of what it does elsewhere. */
export const isReserved = (key: string): boolean => reservedKeys.includes(key) || commandOf(key) !== undefined

/** What of a KeyboardEvent decides. */
export interface KeyPress {
  key: string
  code: string
  ctrlKey: boolean
  metaKey: boolean
  shiftKey: boolean
  altKey: boolean
}

export const onMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform)

/** The pattern of a key that was pressed, or null for a modifier alone or a combination that is nobody's. */
export function patternOf(press: KeyPress, mac: boolean): string | null {
  if (press.altKey || ['Shift', 'Control', 'Meta', 'Alt', 'Dead', 'Process'].includes(press.key)) return null
  const mod = mac ? press.metaKey : press.ctrlKey
  if (mac ? press.ctrlKey : press.metaKey) return null
  // On some keyboards the digit row types digits with Shift only (French: & for 1); a digit is meant all the same.
  const digit = press.shiftKey ? undefined : /^Digit(\d)$/.exec(press.code)?.[1]
  const key = digit ?? (press.key.length === 1 ? press.key.toLowerCase() : press.key)
  // Characters such as ? are typed with Shift already: it counts with letters, the space bar and named keys only.
  const shift = press.shiftKey && (key.length > 1 || key === ' ' || key !== key.toUpperCase())
  return `${mod ? 'Mod+' : ''}${shift ? 'Shift+' : ''}${key}`
}

const names: Record<string, string> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  PageUp: 'Page up',
  PageDown: 'Page down',
  Escape: 'Esc',
}

/** A pattern as it stands on a key cap: "Mod+z" → "Ctrl Z", on a Mac "⌘ Z". */
export function keyCap(pattern: string, mac: boolean): string {
  return pattern
    .split(/\+(?=.)/)
    .map((part) =>
      part === 'Mod' ? (mac ? '⌘' : 'Ctrl') : (names[part] ?? (part.length === 1 ? part.toUpperCase() : part)),
    )
    .join(' ')
}

/** The first key of a command as a cap. */
export const capOf = (name: CommandName): string => keyCap(keysOf(name)[0] ?? '', onMac())
