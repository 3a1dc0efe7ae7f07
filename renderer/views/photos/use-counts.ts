import { onBeforeUnmount, ref, watch } from 'vue'
import type { PhotoFilter } from '../../../shared/photo.ts'
import { fleuron } from '../../fleuron.ts'
import { usePhotos } from '../../stores/photos.ts'
import { useProject } from '../../stores/project.ts'

const total = async (filter: PhotoFilter): Promise<number> =>
  (await fleuron().photos.page({ filter, order: 'name', offset: 0, limit: 1 })).total

/** How many photos the plain filters would show, where the project does not say it itself. */
export function useCounts() {
  const project = useProject()
  const photos = usePhotos()
  const unlabelled = ref<number | null>(null)
  const flagged = ref<number | null>(null)

  let timer: ReturnType<typeof setTimeout> | undefined
  let waiting = false
  const fetchAnew = async () => {
    waiting = false
    // A count that cannot be had is not shown; what failed is said by the list.
    unlabelled.value = await total({ classId: 'none' }).catch(() => null)
    flagged.value = await total({ flagged: true }).catch(() => null)
  }
  const soon = () => {
    if (waiting) return
    waiting = true
    timer = setTimeout(() => void fetchAnew(), 150)
  }

  watch(() => project.project, soon, { immediate: true })
  const stop = photos.onChanged(soon)
  onBeforeUnmount(() => {
    stop()
    clearTimeout(timer)
  })

  return { unlabelled, flagged }
}
