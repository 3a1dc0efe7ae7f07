/** Photos to look at: of each class in turn, or the first ones of a project without labels. */
import { shallowRef, watch } from 'vue'
import type { ErrorValue } from '../../../shared/errors.ts'
import type { Photo } from '../../../shared/photo.ts'
import { errorValue, fleuron } from '../../fleuron.ts'
import { useProject } from '../../stores/project.ts'

export const mostPhotos = 12

export function usePhotosToSee() {
  const project = useProject()
  const photos = shallowRef<readonly Photo[] | null>(null)
  const error = shallowRef<ErrorValue | null>(null)

  const fetch = async () => {
    const used = project.classes.filter(({ count }) => count > 0).slice(0, mostPhotos)
    const filters = used.length > 0 ? used.map(({ id }) => ({ classId: id })) : [{}]
    const each = Math.ceil(mostPhotos / filters.length)
    try {
      const pages = await Promise.all(
        filters.map((filter) =>
          fleuron().photos.page({ filter: { ...filter, unreadable: false }, order: 'name', offset: 0, limit: each }),
        ),
      )
      const turns = Array.from({ length: each }, (_, turn) => pages.flatMap((page) => page.photos[turn] ?? []))
      photos.value = turns.flat().slice(0, mostPhotos)
      error.value = null
    } catch (failure) {
      error.value = errorValue(failure)
    }
  }
  watch(() => [project.project?.id, project.project?.photos], fetch, { immediate: true })
  return { photos, error, fetch }
}
