import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import exifReader from 'exif-reader'
import pMap from 'p-map'
import type { Metadata } from 'sharp'
import { FleuronError } from '../../shared/errors.ts'
import { goneSentence, type FileFindings, type StoredPhoto } from '../project/photos.ts'
import type { Project } from '../project/project.ts'
import { readHeader, unreadableReason } from './decode.ts'
import { ensureWhole } from './whole-file.ts'

/** Few: they share the disk and the thread pool with the thumbnails that the user is looking at. */
const readers = 4
/** Findings that are stored at once. */
const batch = 64
/** Larger files are hashed piece by piece instead of being held in memory. */
const heldBytes = 64 * 1024 * 1024

export interface ReadingOptions {
  signal?: AbortSignal | undefined
  onProgress?: ((done: number, total: number) => void) | undefined
}

/**
 * Reads photos that have not been read: content hash, size in pixels, date, and whether they can be read at all. Passes
 * may run side by side: what the other one has read is skipped.
 *
 * @param only ids to read; all when left out
 * @throws FleuronError 'cancelled', or 'not-found' when the whole folder cannot be reached (nothing is marked then)
 */
export async function readPhotos(
  project: Project,
  options: ReadingOptions & { only?: ReadonlySet<string> } = {},
): Promise<void> {
  const signal = withClosing(project, options.signal)
  const unread = project.photos.unread().filter(({ id }) => options.only?.has(id) ?? true)
  const findings = new Map<string, FileFindings>()
  const store = (): void => {
    if (!project.closing.aborted) project.photos.update(findings)
    findings.clear()
  }
  let done = 0
  try {
    await pMap(
      unread,
      async (photo) => {
        signal.throwIfAborted()
        if (project.photos.stored(photo.id).hash === null) findings.set(photo.id, await readPhoto(project, photo))
        options.onProgress?.(++done, unread.length)
        if (findings.size >= batch) store()
      },
      { concurrency: readers },
    )
  } finally {
    store()
  }
}

/** Ends when the caller or the project does. */
export const withClosing = (project: Project, signal: AbortSignal | undefined): AbortSignal =>
  signal ? AbortSignal.any([signal, project.closing]) : project.closing

/**
 * Reads one photo. A file that cannot be read becomes a finding, not an error.
 *
 * @throws FleuronError 'not-found' when it is the whole folder that cannot be reached
 */
export async function readPhoto(project: Project, photo: Pick<StoredPhoto, 'path'>): Promise<FileFindings> {
  const path = project.photos.absolute(photo.path)
  let found: FileFindings = { unreadable: null, missing: false }
  try {
    const { size, mtimeMs } = await stat(path)
    found = { ...found, size, modified: mtimeMs }
    if (size === 0) throw new Error('empty')
    const bytes = size <= heldBytes ? await readFile(path) : null
    found.hash = bytes ? await hashBytes(bytes) : await hashFile(path)
    const header = await readHeader(bytes ?? path)
    const { width, height } = header.autoOrient
    found = { ...found, width, height }
    const taken = dateTaken(header)
    if (taken !== null) found.taken = taken
    await ensureWhole(bytes ?? path, header)
    return found
  } catch (error) {
    if (isGone(error)) {
      if (!project.checkFolder()) throw folderGone(project)
      return { unreadable: goneSentence, missing: true }
    }
    return { ...found, unreadable: await unreadableReason(error, path) }
  }
}

export const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')

export const folderGone = (project: Project): FleuronError =>
  new FleuronError(
    'not-found',
    `The folder ${project.folder} cannot be reached; connect its disk, then look at the folder again. Your labels are safe.`,
  )

/** SHA-256 off the main thread, in hexadecimal digits. */
async function hashBytes(bytes: Buffer<ArrayBuffer>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex')
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Content hash of a file. @throws what the file system throws */
export async function contentHash(path: string): Promise<string> {
  const { size } = await stat(path)
  return size <= heldBytes ? hashBytes(await readFile(path)) : hashFile(path)
}

/** When the camera says it was taken, in milliseconds since 1970 (cameras know no time zone); null when it does not. */
function dateTaken(header: Metadata): number | null {
  if (!header.exif) return null
  try {
    const exif = exifReader(header.exif)
    const date = exif.Photo?.DateTimeOriginal ?? exif.Photo?.DateTimeDigitized ?? exif.Image?.DateTime
    const time = date?.getTime() ?? Number.NaN
    return Number.isFinite(time) ? time : null
  } catch {
    // A damaged note about a photo says nothing about the photo.
    return null
  }
}
