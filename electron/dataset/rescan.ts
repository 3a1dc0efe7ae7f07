import { stat } from 'node:fs/promises'
import { basename } from 'node:path/posix'
import pMap from 'p-map'
import { transaction } from '../project/database.ts'
import type { FileFindings, NewPhoto, StoredPhoto } from '../project/photos.ts'
import type { Project } from '../project/project.ts'
import { freeName } from '../project/safe-name.ts'
import { unreadableReason } from './decode.ts'
import { classChooser } from './folder-classes.ts'
import type { ScannedPhoto } from './folder-layout.ts'
import { contentHash, folderGone, isGone } from './photo-reading.ts'
import type { FolderScan } from './scan.ts'

/** Photos added in one transaction: the window shows them as they come. */
const batch = 500
const filesAtOnce = 16

/** A file that holds something the project has not seen at this path. */
interface Offer {
  scanned: ScannedPhoto
  size: number
  modified: number
  /** The photo that was known by this path. */
  owner: StoredPhoto | null
}

/**
 * Brings the project's photos in line with what the folder holds now. A file that was moved or renamed keeps its id and
 * label, known by its content; one that is gone stays with its label and is marked. Contents of new and changed files
 * are left for `readPhotos`.
 */
export async function applyScan(project: Project, scan: FolderScan, signal: AbortSignal): Promise<void> {
  const stored = project.photos.allStored()
  if (scan.photos.length === 0 && stored.some(({ missing }) => !missing)) {
    // A disk that is not connected often leaves an empty folder in its place.
    throw folderGone(project)
  }
  const byPath = new Map(stored.map((photo) => [photo.path, photo]))
  const classOf = classChooser(project, scan, stored)
  const listed = new Set(scan.photos.map(({ path }) => path))
  const gone = stored.filter(({ path }) => !listed.has(path))
  const known = scan.photos.filter(({ path }) => byPath.has(path))
  const changed = await changedFiles(project, known, byPath, signal)
  let fresh = scan.photos.filter(({ path }) => !byPath.has(path))

  if (gone.length > 0 || changed.length > 0) {
    const offers = [...changed, ...(await offersOf(project, fresh, signal))]
    const moves = await findMoves(project, [...gone, ...changed.flatMap(({ owner }) => owner ?? [])], offers, signal)
    const moved = new Set(moves.values())
    await applyChanges(project, { stored: byPath, gone, changed, moves, signal })
    const left = new Set(offers.filter((offer) => !moved.has(offer)).map(({ scanned }) => scanned))
    const vacated = changed.filter((offer) => offer.owner && moves.has(offer.owner) && !moved.has(offer))
    fresh = [...fresh.filter((photo) => left.has(photo)), ...vacated.map(({ scanned }) => scanned)]
  }
  for (let from = 0; from < fresh.length; from += batch) {
    const files = await offersOf(project, fresh.slice(from, from + batch), signal)
    project.photos.add(files.map((file) => toNewPhoto(file, classOf)))
  }
}

const toNewPhoto = ({ scanned, size, modified }: Offer, classOf: (photo: ScannedPhoto) => string | null): NewPhoto => ({
  path: scanned.path,
  classId: classOf(scanned),
  split: scanned.split,
  size,
  modified,
})

/** Size and time of new files; one that has gone since it was listed is left out. */
async function offersOf(project: Project, photos: readonly ScannedPhoto[], signal: AbortSignal): Promise<Offer[]> {
  const offers = await pMap(
    photos,
    async (scanned): Promise<Offer[]> => {
      signal.throwIfAborted()
      try {
        const { size, mtimeMs } = await stat(project.photos.absolute(scanned.path))
        return [{ scanned, size, modified: mtimeMs, owner: null }]
      } catch (error) {
        // What may not be read is a photo too: reading it gives the reason.
        return isGone(error) ? [] : [{ scanned, size: 0, modified: 0, owner: null }]
      }
    },
    { concurrency: filesAtOnce },
  )
  signal.throwIfAborted()
  return offers.flat()
}

/** Known files that are not as they were; those that could not be read get another chance. */
async function changedFiles(
  project: Project,
  known: readonly ScannedPhoto[],
  byPath: ReadonlyMap<string, StoredPhoto>,
  signal: AbortSignal,
): Promise<Offer[]> {
  const found = await offersOf(project, known, signal)
  return found.flatMap((offer) => {
    const owner = byPath.get(offer.scanned.path)
    if (!owner) return []
    const same = owner.size === offer.size && owner.modified === offer.modified && owner.unreadable === null
    return same ? [] : [{ ...offer, owner }]
  })
}

/** Which photo is now in which file: those whose file is gone or holds something else, found again by their content. */
async function findMoves(
  project: Project,
  lost: readonly StoredPhoto[],
  offers: readonly Offer[],
  signal: AbortSignal,
): Promise<Map<StoredPhoto, Offer>> {
  const sizes = new Set(lost.map(({ size }) => size))
  const byContent = Map.groupBy(lost, ({ hash }) => hash ?? '')
  const moves = new Map<StoredPhoto, Offer>()
  const candidates = await pMap(
    offers.filter(({ size }) => sizes.has(size)),
    async (offer) => {
      signal.throwIfAborted()
      const hash = await contentHash(project.photos.absolute(offer.scanned.path)).catch(() => null)
      return { offer, same: hash === null ? [] : (byContent.get(hash) ?? []) }
    },
    { concurrency: filesAtOnce },
  )
  signal.throwIfAborted()
  const claim = (fits: (photo: StoredPhoto, offer: Offer) => boolean): void => {
    const taken = new Set(moves.values())
    for (const { offer, same } of candidates) {
      if (taken.has(offer)) continue
      const photo = same.find((candidate) => !moves.has(candidate) && fits(candidate, offer))
      if (photo) moves.set(photo, offer)
    }
  }
  // Among copies, the file that stayed in its place goes first, then the one that kept its name.
  claim((photo, { scanned }) => photo.path === scanned.path)
  claim((photo, { scanned }) => basename(photo.path) === basename(scanned.path))
  claim(() => true)
  return moves
}

async function applyChanges(
  project: Project,
  {
    stored,
    gone,
    changed,
    moves,
    signal,
  }: {
    stored: ReadonlyMap<string, StoredPhoto>
    gone: readonly StoredPhoto[]
    changed: readonly Offer[]
    moves: ReadonlyMap<StoredPhoto, Offer>
    signal: AbortSignal
  },
): Promise<void> {
  const first = new Map<string, FileFindings>()
  const then = new Map<string, FileFindings>()
  const occupied = new Set([...moves.values()].map(({ scanned }) => scanned.path))
  for (const [photo, offer] of moves) {
    // Names may have been exchanged: every photo that moves leaves its path before any takes a new one.
    if (photo.path !== offer.scanned.path) first.set(photo.id, { path: `moving/${photo.id}` })
    then.set(photo.id, { path: offer.scanned.path, ...toBeRead(offer) })
  }
  for (const offer of changed) {
    if (!offer.owner || moves.has(offer.owner)) continue
    if (!occupied.has(offer.scanned.path)) then.set(offer.owner.id, toBeRead(offer))
    else {
      // Another photo was moved over this one. It stays in the list, under a name of its own, with its label.
      first.set(offer.owner.id, {
        path: freeName(`${offer.owner.path} (replaced)`, '', (path) => stored.has(path)),
        unreadable: 'Another photo was put in its place; put the file back under another name or exclude the photo.',
        missing: true,
      })
    }
  }
  for (const photo of gone) {
    if (moves.has(photo) || photo.missing) continue
    const reason = await whyNotThere(project, photo)
    if (reason) then.set(photo.id, reason)
  }
  signal.throwIfAborted()
  transaction(project.database, () => {
    project.photos.update(first)
    project.photos.update(then)
  })
}

const toBeRead = ({ size, modified }: Offer): FileFindings => ({
  size,
  modified,
  hash: null,
  width: null,
  height: null,
  unreadable: null,
  missing: false,
})

/** Why a file was not listed; null when it is there and only its folder is passed over now. */
async function whyNotThere(project: Project, photo: StoredPhoto): Promise<FileFindings | null> {
  const path = project.photos.absolute(photo.path)
  try {
    await stat(path)
    return null
  } catch (error) {
    if (!isGone(error)) return { unreadable: await unreadableReason(error, path), missing: false }
    if (!project.checkFolder()) throw folderGone(project)
    return { unreadable: await unreadableReason(error, path), missing: true }
  }
}
