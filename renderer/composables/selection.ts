/** Which photos are selected. Every change makes a new set, so that the screen need not look into it. */
export interface Selection {
  readonly selected: ReadonlySet<string>
  /** Where a range begins. */
  readonly anchor: string | null
  /** Something was done with it: the next plain step lets it go, so that no photo out of sight is changed unawares. */
  readonly spent: boolean
}

export const noSelection: Selection = { selected: new Set(), anchor: null, spent: false }

export function toggled(selection: Selection, id: string): Selection {
  const selected = new Set(selection.selected)
  if (!selected.delete(id)) selected.add(id)
  return { selected, anchor: id, spent: false }
}

/**
 * From the anchor (or `from`, where there is none) to `to`, both included, in the order of the list.
 * @param add keep what was selected before
 */
export function ranged(
  selection: Selection,
  ids: readonly string[],
  indexOf: (id: string) => number | undefined,
  { from, to, add = false }: { from: string; to: string; add?: boolean },
): Selection {
  const anchor = selection.anchor !== null && indexOf(selection.anchor) !== undefined ? selection.anchor : from
  const [a, b] = [indexOf(anchor) ?? 0, indexOf(to) ?? 0]
  const selected = new Set(add ? selection.selected : [])
  for (const id of ids.slice(Math.min(a, b), Math.max(a, b) + 1)) selected.add(id)
  return { selected, anchor, spent: false }
}

export const everything = (ids: readonly string[]): Selection => ({
  selected: new Set(ids),
  anchor: null,
  spent: false,
})

export const spent = (selection: Selection): Selection => ({ ...selection, spent: true })

/** After the photo in hand was changed without a modifier. */
export const stepped = (selection: Selection): Selection =>
  selection.spent ? noSelection : { ...selection, anchor: null }

/** Those of the selection that are still in the list. */
export function within(selection: Selection, has: (id: string) => boolean): Selection {
  const selected = [...selection.selected].filter(has)
  return selected.length === selection.selected.size ? selection : { ...selection, selected: new Set(selected) }
}
