import { ref, shallowRef, watch, type Ref } from 'vue'

/** A number that this window remembers, such as the size of the thumbnails. */
export function useRemembered(name: string, usual: number, { min, max }: { min: number; max: number }): Ref<number> {
  const stored = Number(localStorage.getItem(name) ?? Number.NaN)
  const value = ref(stored >= min && stored <= max ? stored : usual)
  watch(value, (next) => localStorage.setItem(name, String(next)))
  return value
}

/** A list of words that this window remembers, such as the columns of a table. */
export function useRememberedList(name: string, usual: readonly string[]): Ref<readonly string[]> {
  const stored: unknown = JSON.parse(localStorage.getItem(name) ?? 'null')
  const kept = Array.isArray(stored) ? stored.filter((each) => typeof each === 'string') : usual
  const value: Ref<readonly string[]> = shallowRef(kept)
  watch(value, (next) => localStorage.setItem(name, JSON.stringify(next)))
  return value
}
