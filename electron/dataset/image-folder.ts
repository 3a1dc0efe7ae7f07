import { constants, copyFile, mkdir, readdir, stat, symlink } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import { FleuronError } from '../../shared/errors.ts'
import { foldName } from '../project/classes.ts'
import { liesIn, type Project } from '../project/project.ts'
import { freeName, safeName } from '../project/safe-name.ts'
import type { StartedTask, Tasks } from '../project/tasks.ts'
import { folderGone, withClosing } from './photo-reading.ts'
import { makeFolder } from '../project/make-folder.ts'

/** One photo and where it goes. */
interface Placement {
  /** Absolute. */
  from: string
  /** Relative to the target. */
  folder: string
  file: string
}

/**
 * Writes the labelled photos that are not excluded as `class-name/photo.jpg`, as links or copies, into a new or empty
 * folder. Nothing is overwritten, and the photos' own folder is not touched. A photo that cannot be copied does not stop
 * the others: the task ends with a sentence about it.
 *
 * @throws FleuronError 'conflict' when the folder holds something or lies among the photos, 'not-ready' without labels,
 *   'not-found' when the photos' folder cannot be reached, 'not-permitted'
 */
export async function exportImageFolder(
  project: Project,
  tasks: Tasks,
  { to, how }: { to: string; how: 'link' | 'copy' },
): Promise<StartedTask<void>> {
  const target = resolve(to)
  const placements = placePhotos(project)
  if (placements.length === 0) {
    throw new FleuronError('not-ready', 'No photo has a label yet, so there is nothing to export; label some first.')
  }
  if (!project.checkFolder()) throw folderGone(project)
  await checkTarget(project, target)
  const title = how === 'link' ? 'Linking photos' : 'Copying photos'
  return tasks.run('export', title, 'photos', async (task) => {
    const signal = withClosing(project, task.signal)
    const failed: string[] = []
    let done = 0
    for (const placement of placements) {
      signal.throwIfAborted()
      try {
        await place(placement, target, how)
      } catch (error) {
        if (error instanceof FleuronError) throw error
        failed.push(`${placement.from}: ${error instanceof Error ? error.message : String(error)}`)
      }
      task.progress(++done, placements.length)
    }
    if (failed.length > 0) {
      throw new FleuronError(
        'unreadable',
        `${failed.length} of ${placements.length} photos could not be exported, the others are in ${target}; look at the folder again to see why.`,
        { details: failed.join('\n') },
      )
    }
  })
}

/** Names that every platform accepts and that differ in more than case. */
function placePhotos(project: Project): Placement[] {
  const folders = new Map<string, string>()
  const takenFolders = new Set<string>()
  for (const { id, name } of project.classes.stored()) {
    folders.set(id, claim(takenFolders, safeName(name, 'class'), ''))
  }
  const takenFiles = new Map<string, Set<string>>()
  return project.photos.allStored().flatMap(({ path, classId, excluded, missing }) => {
    const folder = folders.get(classId ?? '')
    if (folder === undefined || excluded || missing) return []
    let taken = takenFiles.get(folder)
    if (!taken) takenFiles.set(folder, (taken = new Set()))
    const extension = extname(path)
    const stem = path.slice(path.lastIndexOf('/') + 1, path.length - extension.length)
    return [{ from: project.photos.absolute(path), folder, file: claim(taken, safeName(stem, 'photo'), extension) }]
  })
}

function claim(taken: Set<string>, name: string, extension: string): string {
  const free = freeName(name, extension, (candidate) => taken.has(foldName(candidate)))
  taken.add(foldName(free))
  return free
}

async function checkTarget(project: Project, target: string): Promise<void> {
  if (liesIn(target, project.folder) || liesIn(target, project.directory)) {
    throw new FleuronError(
      'conflict',
      `${target} lies among the photos or in the project; choose an empty folder somewhere else.`,
    )
  }
  let present: string[] = []
  try {
    present = await readdir(target)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'ENOTDIR') throw new FleuronError('conflict', `${target} is a file; choose a new or empty folder.`)
    if (code !== 'ENOENT') throw cannotWrite(target, error)
  }
  if (present.length > 0) {
    throw new FleuronError(
      'conflict',
      `${target} is not empty, and nothing is overwritten; choose a new or empty folder.`,
    )
  }
  try {
    makeFolder(target)
  } catch (error) {
    throw cannotWrite(target, error)
  }
}

async function place({ from, folder, file }: Placement, target: string, how: 'link' | 'copy'): Promise<void> {
  const to = join(target, folder, file)
  await stat(from)
  try {
    await mkdir(join(target, folder), { recursive: true })
    if (how === 'copy') await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    else await symlink(from, to)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (how === 'link' && (code === 'EPERM' || code === 'ENOSYS' || code === 'ENOTSUP')) {
      throw new FleuronError(
        'not-permitted',
        'Links cannot be made in this folder (Windows allows them in developer mode only); export copies instead.',
        { cause: error },
      )
    }
    if (code === 'ENOSPC') {
      throw new FleuronError('not-permitted', `The disk of ${target} is full; make room, or choose another place.`, {
        cause: error,
      })
    }
    throw error
  }
}

const cannotWrite = (target: string, error: unknown): FleuronError =>
  new FleuronError('not-permitted', `Fleuron cannot write to ${target}; choose a folder that belongs to you.`, {
    details: error instanceof Error ? error.message : String(error),
    cause: error,
  })
