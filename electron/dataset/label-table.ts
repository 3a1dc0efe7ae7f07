import { stringify } from 'csv-stringify/sync'
import { naturalKey } from '../project/natural-order.ts'
import type { Project } from '../project/project.ts'
import { safeName } from '../project/safe-name.ts'

/**
 * Every photo with its label as CSV (RFC 4180): path, class, split, excluded. A cell that a spreadsheet would take for
 * a formula begins with an apostrophe.
 */
export function labelTable(project: Project): { name: string; text: string } {
  const names = new Map(project.classes.stored().map(({ id, name }) => [id, name]))
  const photos = project.photos
    .allStored()
    .map((photo) => ({ photo, order: naturalKey(photo.path) }))
    .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
  const cells = photos.map(({ photo }) => [
    photo.path,
    names.get(photo.classId ?? '') ?? '',
    photo.split ?? '',
    photo.excluded ? 'yes' : 'no',
  ])
  const text = stringify([['path', 'class', 'split', 'excluded'], ...cells], {
    record_delimiter: 'windows',
    escape_formulas: true,
  })
  return { name: `${safeName(project.name, 'fleuron')}-labels.csv`, text }
}
