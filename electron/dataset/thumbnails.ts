import { join } from 'node:path'
import sharp from 'sharp'
import { FleuronError } from '../../shared/errors.ts'
import type { ImageTier, Photo, PhotoFilter } from '../../shared/photo.ts'
import type { FileFindings } from '../project/photos.ts'
import type { Project } from '../project/project.ts'
import { unreadableReason } from './decode.ts'
import { folderGone, isGone } from './photo-reading.ts'
import { pictureOf, type Picture } from './pictures.ts'

/**
 * A photo of the project at the size the window asks for. A file that changed since it was read is shown as it is now
 * and read again later; one that can no longer be read is marked with the reason.
 *
 * @throws FleuronError 'not-found' for an id that is not in the project, 'unreadable' with the reason
 */
export async function photoImage(project: Project, photoId: string, tier: ImageTier): Promise<Picture> {
  const photo = project.photos.stored(photoId)
  if (photo.unreadable !== null) throw new FleuronError('unreadable', photo.unreadable)
  const path = project.photos.absolute(photo.path)
  try {
    const { state, ...picture } = await pictureOf(
      { path, cache: join(project.directory, 'cache', 'thumbnails'), name: photo.id },
      tier,
    )
    if (state.size !== photo.size || state.modified !== photo.modified) {
      mark(project, photoId, { ...state, hash: null, width: null, height: null })
    }
    return picture
  } catch (error) {
    if (isGone(error) && !project.checkFolder()) throw folderGone(project)
    const reason = await unreadableReason(error, path)
    mark(project, photoId, { unreadable: reason, missing: isGone(error) })
    throw new FleuronError('unreadable', reason, { cause: error })
  }
}

function mark(project: Project, photoId: string, findings: FileFindings): void {
  if (!project.closing.aborted) project.photos.update(new Map([[photoId, findings]]))
}

const coverPhotos = 4
const coverSide = 160

/** Up to four small square pictures of a project, one of each class first, as data: URLs. */
export async function coverOf(project: Project): Promise<string[]> {
  const pictures = await Promise.all(coverCandidates(project).map(({ id }) => squarePicture(project, id, coverSide)))
  return pictures.filter((picture) => picture !== null)
}

function coverCandidates(project: Project): Photo[] {
  const first = (filter: PhotoFilter, limit: number): Photo[] =>
    project.photos.page({
      filter: { ...filter, unreadable: false, excluded: false },
      order: 'name',
      offset: 0,
      limit,
    }).photos
  const found = project.classes
    .list()
    .filter(({ count }) => count > 0)
    .slice(0, coverPhotos)
    .flatMap(({ id }) => first({ classId: id }, 1))
  const chosen = new Set(found.map(({ id }) => id))
  const others = first({}, 2 * coverPhotos).filter(({ id }) => !chosen.has(id))
  return [...found, ...others].slice(0, coverPhotos)
}

/** A photo cropped to a square of this side, pixels, as a data: URL; null when it cannot be read. */
export async function squarePicture(project: Project, photo: string, side: number): Promise<string | null> {
  try {
    const { bytes } = await photoImage(project, photo, 'grid')
    const square = await sharp(bytes).resize(side, side, { fit: 'cover' }).jpeg({ quality: 75 }).toBuffer()
    return `data:image/jpeg;base64,${square.toString('base64')}`
  } catch {
    return null
  }
}
