export interface KeyHint {
  /** Key caps, e.g. ["1", "5"]. */
  caps: readonly string[]
  /** Between two caps, e.g. "–". */
  between?: string
  does: string
  /** Shown only where there is room. */
  wide?: boolean
}
