import { ref, watch, type Ref } from 'vue'

/** A number that this window remembers, such as the size of the thumbnails. */
export function useRemembered(name: string, usual: number, { min, max }: { min: number; max: number }): Ref<number> {
  const stored = Number(localStorage.getItem(name) ?? Number.NaN)
  const value = ref(stored >= min && stored <= max ? stored : usual)
  watch(value, (next) => localStorage.setItem(name, String(next)))
  return value
}
