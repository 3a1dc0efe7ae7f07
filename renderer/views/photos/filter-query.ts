/** The filter and the order of the Photos screen as they stand in the address. */
import type { LocationQuery, LocationQueryRaw } from 'vue-router'
import { photoFilter, photoOrder, type Photo, type PhotoFilter, type PhotoOrder } from '../../../shared/photo.ts'

const flags = ['excluded', 'flagged', 'unreadable'] as const
export type PhotoFlag = (typeof flags)[number]

const single = (value: LocationQuery[string] | undefined): string | undefined =>
  (Array.isArray(value) ? value[0] : value) ?? undefined

const truth = (value: string | undefined): boolean | undefined =>
  value === 'yes' ? true : value === 'no' ? false : undefined

/** What does not make sense in an address is left out, so that an old or mistyped one still shows photos. */
export function fromQuery(query: LocationQuery): { filter: PhotoFilter; order: PhotoOrder } {
  const split = photoFilter.shape.split.safeParse(single(query['split']))
  const text = photoFilter.shape.text.safeParse(single(query['text']))
  const order = photoOrder.safeParse(single(query['order']))
  const filter: PhotoFilter = {}
  const classId = single(query['class'])
  if (classId) filter.classId = classId
  if (split.success && split.data) filter.split = split.data
  if (text.success && text.data) filter.text = text.data
  for (const flag of flags) {
    const value = truth(single(query[flag]))
    if (value !== undefined) filter[flag] = value
  }
  return { filter, order: order.success ? order.data : 'name' }
}

/** Only what narrows the photos, or orders them otherwise than by name, is written. */
export function toQuery(filter: PhotoFilter, order: PhotoOrder): LocationQueryRaw {
  const query: LocationQueryRaw = {}
  if (filter.classId !== undefined) query['class'] = filter.classId
  if (filter.split !== undefined) query['split'] = filter.split
  for (const flag of flags) {
    const value = filter[flag]
    if (value !== undefined) query[flag] = value ? 'yes' : 'no'
  }
  if (filter.text) query['text'] = filter.text
  if (order !== 'name') query['order'] = order
  return query
}

/** Whether a photo still is one of those the filter lets through; its name does not change, so that the text is not asked. */
export function matches(photo: Photo, filter: PhotoFilter): boolean {
  if (filter.classId !== undefined && photo.classId !== (filter.classId === 'none' ? null : filter.classId))
    return false
  if (filter.split !== undefined && photo.split !== filter.split) return false
  if (filter.excluded !== undefined && photo.excluded !== filter.excluded) return false
  if (filter.flagged !== undefined && photo.flagged !== filter.flagged) return false
  return filter.unreadable === undefined || (photo.unreadable !== null) === filter.unreadable
}

export const isNarrowed = (filter: PhotoFilter): boolean => Object.keys(toQuery(filter, 'name')).length > 0
