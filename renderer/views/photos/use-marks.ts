import { shallowRef, watch, type Ref } from 'vue'
import type { PhotoFilter, PhotoOrder } from '../../../shared/photo.ts'
import type { ClassInfo } from '../../../shared/project.ts'
import { fleuron } from '../../fleuron.ts'
import { monthOf } from '../../format.ts'
import { useProject } from '../../stores/project.ts'

export interface Mark {
  /** Place in the list of the first photo it stands for. */
  index: number
  label: string
  /** At most four letters, for the scrubber. */
  short: string
  /** The class, where classes are marked. */
  info?: ClassInfo | undefined
}

/** Where in the list a class or a month begins; by name there is nothing to mark. */
export function useMarks(filter: Ref<PhotoFilter>, order: Ref<PhotoOrder>, total: Ref<number>): Ref<readonly Mark[]> {
  const project = useProject()
  const marks = shallowRef<readonly Mark[]>([])
  let generation = 0

  const fetchAnew = async () => {
    const mine = ++generation
    const by = order.value
    if (by === 'name') {
      marks.value = []
      return
    }
    // Marks are a convenience: without them the scrubber still scrolls.
    const found = await fleuron()
      .photos.marks({ filter: { ...filter.value }, order: by })
      .catch(() => [])
    if (mine !== generation) return
    marks.value = found.map(({ index, at }) => {
      if (by === 'date') return { index, label: monthOf(at ?? '', 'long'), short: monthOf(at ?? '', 'short') }
      const info = project.classById(at)
      return { index, label: info?.name ?? 'No class', short: 'none', info }
    })
  }

  watch([filter, order, total], fetchAnew, { immediate: true })
  return marks
}
