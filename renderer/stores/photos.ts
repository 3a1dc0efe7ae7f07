import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { Photo } from '../../shared/photo.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { useConnection } from './connection.ts'
import { useToasts } from './toasts.ts'

/** Photos fetched with one call at most. */
const batch = 200

type Listener = (changed: readonly string[] | 'all') => void

/** Photos by id, fetched when a screen asks for them and kept true by what the main process says changed. */
export const usePhotos = defineStore('photos', () => {
  const photos = shallowReactive(new Map<string, Photo>())
  const toasts = useToasts()
  const asked = new Set<string>()
  /** Kept on the screen until they are fetched anew. */
  const outdated = new Set<string>()
  const listeners = new Set<Listener>()

  const get = (id: string): Photo | undefined => photos.get(id)

  const keep = (list: readonly Photo[]) => {
    for (const photo of list) {
      outdated.delete(photo.id)
      photos.set(photo.id, photo)
    }
  }

  const fetchBatch = async (ids: string[]) => {
    for (const id of ids) asked.add(id)
    try {
      keep(await fleuron().photos.get({ ids }))
    } finally {
      for (const id of ids) asked.delete(id)
    }
  }

  /** Fetches those that are missing or out of date and not on their way; throws what the main process said. */
  const ensure = async (ids: readonly string[]) => {
    const missing = ids.filter((id) => (!photos.has(id) || outdated.has(id)) && !asked.has(id))
    for (let start = 0; start < missing.length; start += batch) await fetchBatch(missing.slice(start, start + batch))
  }

  /** What the main process has just confirmed, before its event arrives. */
  const patch = (ids: readonly string[], change: Partial<Photo>) => {
    for (const id of ids) {
      const photo = photos.get(id)
      if (photo) photos.set(id, { ...photo, ...change })
    }
  }

  const changed = async (ids: readonly string[] | 'all') => {
    const mine = ids === 'all' ? [...photos.keys()] : ids.filter((id) => photos.has(id))
    for (const id of mine) outdated.add(id)
    for (const listener of listeners) listener(ids)
    if (ids === 'all') return
    try {
      await ensure(mine)
    } catch (error) {
      toasts.failed(errorValue(error))
    }
  }

  const onChanged = (listener: Listener): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Another project was opened. */
  const forget = () => {
    photos.clear()
    outdated.clear()
  }

  const start = () => {
    fleuron().photos.onChanged((event) => void changed(event.photos))
    useConnection().onReopened(() => void changed('all'))
  }

  return { photos, get, keep, ensure, patch, onChanged, forget, start }
})
