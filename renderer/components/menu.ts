import type { Component } from 'vue'

/** What stands in a menu. */
export type MenuEntry =
  | { kind: 'line' }
  | { kind: 'label'; label: string }
  | {
      kind: 'item'
      label: string
      icon?: Component
      /** The key that does the same, e.g. "Ctrl Z". */
      cap?: string
      danger?: boolean
      disabled?: boolean
      run: () => void
    }
  | { kind: 'check'; label: string; checked: boolean; run: (checked: boolean) => void }
  | { kind: 'more'; label: string; icon?: Component; entries: readonly MenuEntry[] }
