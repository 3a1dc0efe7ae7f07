import { onBeforeUnmount, type Ref } from 'vue'
import type { PhotoFilter, PhotoOrder } from '../../../shared/photo.ts'
import { fleuron } from '../../fleuron.ts'
import { usePhotos } from '../../stores/photos.ts'
import type { PhotoList } from './use-photo-list.ts'

/** Finds the next photo of the list without a class, where most of the list's photos are not in the window's memory. */
export function useUnlabelled(list: PhotoList, filter: Ref<PhotoFilter>, order: Ref<PhotoOrder>) {
  const photos = usePhotos()
  /** Those without a class when they were last asked for; null: to be asked for. */
  let known: Set<string> | null = null
  let knownFor: PhotoFilter | null = null

  const stop = photos.onChanged((changed) => {
    if (changed === 'all') known = null
    // Photos in memory tell themselves; of the others nobody here knows.
    else if (known && changed.some((id) => !photos.get(id))) known = null
  })
  onBeforeUnmount(stop)

  const fetched = async (): Promise<Set<string>> => {
    if (known && knownFor === filter.value) return known
    const unlabelled = { ...filter.value, classId: 'none', excluded: false, unreadable: false }
    knownFor = filter.value
    known = new Set(await fleuron().photos.ids({ filter: unlabelled, order: order.value }))
    return known
  }

  /** The nearest one after (step 1) or before (step −1) the photo at `index`, going round once; null: there is none. */
  const find = async (index: number, step: 1 | -1): Promise<string | null> => {
    const unlabelled = await fetched()
    const ids = list.ids.value
    for (let distance = 1; distance <= ids.length; distance += 1) {
      const id = ids[(((index + step * distance) % ids.length) + ids.length) % ids.length]
      if (id === undefined) continue
      const photo = photos.get(id)
      const without = photo
        ? photo.classId === null && !photo.excluded && photo.unreadable === null
        : unlabelled.has(id)
      if (without) return id
    }
    return null
  }

  return { find }
}
