import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import {
  everything,
  noSelection,
  ranged,
  spent,
  stepped,
  toggled,
  within,
  type Selection,
} from '../../composables/selection.ts'
import { errorValue } from '../../fleuron.ts'
import { useLabels } from '../../stores/labels.ts'
import { usePhotos } from '../../stores/photos.ts'
import { useSettings } from '../../stores/settings.ts'
import { useToasts } from '../../stores/toasts.ts'
import type { PhotoList } from './use-photo-list.ts'

/** The photo in hand, the selection, and what is done with them. */
export function useLabelling(options: {
  list: PhotoList
  /** Photos in a row, and rows on a screen. */
  shape: Ref<{ columns: number; perScreen: number }>
  findUnlabelled: (index: number, step: 1 | -1) => Promise<string | null>
}) {
  const { list, shape, findUnlabelled } = options
  const photos = usePhotos()
  const labels = useLabels()
  const settings = useSettings()
  const toasts = useToasts()

  const current = ref<string | null>(null)
  const selection = shallowRef<Selection>(noSelection)
  const currentIndex = computed(() => (current.value === null ? -1 : (list.indexOf(current.value) ?? -1)))
  /** What a key acts on: the selection, or else the photo in hand. */
  const targets = computed<readonly string[]>(() =>
    selection.value.selected.size > 0 ? [...selection.value.selected] : current.value === null ? [] : [current.value],
  )

  /** Where the photo in hand was, for when it leaves the list. */
  let lastIndex = 0
  watch(currentIndex, (index) => {
    if (index >= 0) lastIndex = index
  })
  watch(list.ids, (ids) => {
    // Of a long list the first page comes first: what is not in it may still come.
    const incomplete = list.loading.value && ids.length < list.total.value
    if (!incomplete) selection.value = within(selection.value, (id) => list.indexOf(id) !== undefined)
    const here = current.value !== null && list.indexOf(current.value) !== undefined
    if (!here && (current.value === null || !incomplete))
      current.value = ids[Math.min(lastIndex, ids.length - 1)] ?? null
  })
  /** Another filter or order: the photo in hand stays if it is there, otherwise the first is taken. */
  const startAnew = () => {
    lastIndex = 0
  }

  const at = (index: number): string | undefined =>
    list.ids.value[Math.min(Math.max(index, 0), list.ids.value.length - 1)]

  const goTo = (id: string) => {
    selection.value = stepped(selection.value)
    current.value = id
  }
  const move = (by: number) => {
    const id = at(currentIndex.value + by)
    if (id !== undefined) goTo(id)
  }
  const extend = (by: number) => {
    const from = current.value
    const to = at(currentIndex.value + by)
    if (from === null || to === undefined) return
    selection.value = ranged(selection.value, list.ids.value, list.indexOf, { from, to })
    current.value = to
  }

  const pick = (id: string, { shift, mod }: { shift: boolean; mod: boolean }) => {
    if (shift) {
      const from = current.value ?? id
      selection.value = ranged(selection.value, list.ids.value, list.indexOf, { from, to: id, add: mod })
    } else if (mod) {
      // The photo in hand is the first of a selection that is begun beside it.
      const begun =
        selection.value.selected.size === 0 && current.value !== null && current.value !== id
          ? toggled(selection.value, current.value)
          : selection.value
      selection.value = toggled(begun, id)
    } else selection.value = noSelection
    current.value = id
  }
  const selectCurrent = () => {
    if (current.value !== null) selection.value = toggled(selection.value, current.value)
  }
  const selectAll = () => {
    selection.value = everything(list.ids.value)
  }
  const selectNone = () => {
    selection.value = noSelection
  }

  const onward = () => {
    if (settings.settings.autoAdvance && selection.value.selected.size === 0) move(1)
    else selection.value = spent(selection.value)
  }

  const setClass = (classId: string | null) => {
    const ids = targets.value
    if (ids.length === 0) return
    list.touch(ids)
    void labels.setClass(ids, classId)
    onward()
  }
  const toggleMark = (mark: 'excluded' | 'flagged') => {
    const ids = targets.value
    const first = photos.get(ids[0] ?? '')
    if (!first) return
    list.touch(ids)
    // All of them become what the first is not.
    const value = !first[mark]
    void (mark === 'excluded' ? labels.exclude(ids, value) : labels.flag(ids, value))
    selection.value = spent(selection.value)
  }

  const unlabelled = async (step: 1 | -1, none: () => void) => {
    try {
      const found = await findUnlabelled(currentIndex.value, step)
      if (found === null) none()
      else goTo(found)
    } catch (error) {
      toasts.failed(errorValue(error))
    }
  }

  /** What the keys of the grid do. */
  const handlers = {
    clear: () => setClass(null),
    previous: () => move(-1),
    next: () => move(1),
    up: () => move(-shape.value.columns),
    down: () => move(shape.value.columns),
    pageUp: () => move(-shape.value.perScreen),
    pageDown: () => move(shape.value.perScreen),
    first: () => move(-Infinity),
    last: () => move(Infinity),
    select: selectCurrent,
    extendPrevious: () => extend(-1),
    extendNext: () => extend(1),
    extendUp: () => extend(-shape.value.columns),
    extendDown: () => extend(shape.value.columns),
    selectAll,
    selectNone,
    exclude: () => toggleMark('excluded'),
    flag: () => toggleMark('flagged'),
  }

  return {
    current,
    currentIndex,
    selection,
    targets,
    handlers,
    pick,
    setClass,
    unlabelled,
    startAnew,
  }
}
