/**
 * A list fetched anew, with those photos kept in their place that the user has just changed and that no longer fit the
 * filter: they stay until the user moves on, so that nothing jumps under the eye.
 * @param old the list on the screen
 * @param fresh the list as it would be now
 * @param keep photos of the old list that must not vanish
 */
export function mergeList(
  old: readonly string[],
  fresh: readonly string[],
  keep: { has(id: string): boolean; readonly size: number },
): string[] {
  if (keep.size === 0) return [...fresh]
  const present = new Set(fresh)
  /** Kept photos by the photo they stood behind; null: at the front. */
  const behind = new Map<string | null, string[]>()
  let last: string | null = null
  for (const id of old) {
    if (present.has(id)) last = id
    else if (keep.has(id)) {
      const followers = behind.get(last)
      if (followers) followers.push(id)
      else behind.set(last, [id])
    }
  }
  const merged = [...(behind.get(null) ?? [])]
  for (const id of fresh) {
    merged.push(id)
    const followers = behind.get(id)
    if (followers) merged.push(...followers)
  }
  return merged
}
