import { basename } from 'node:path'
import type { CreateProject } from '../../shared/contract-inputs.ts'
import { FleuronError } from '../../shared/errors.ts'
import { foldName } from '../project/classes.ts'
import type { OpenProject } from '../project/open-project.ts'
import type { Project } from '../project/project.ts'
import type { StartedTask, Tasks } from '../project/tasks.ts'
import type { FolderLayout } from './folder-layout.ts'
import { folderGone, readPhotos, withClosing } from './photo-reading.ts'
import { applyScan } from './rescan.ts'
import { scanFolder, type FolderScan } from './scan.ts'

const listings = new WeakMap<Project, Promise<unknown>>()

/** Waits until the list of photos that is being made is complete, however that ends. */
export const listingSettled = async (project: Project): Promise<void> => {
  await listings.get(project)?.catch(() => undefined)
}

/**
 * Makes a project from a folder of photos, opens it and starts reading the photos.
 *
 * @throws FleuronError 'not-found' when the folder holds no photos, 'conflict' when class folders differ in case only
 *   and nobody has said what to do with them, and what `scanFolder` and `Project.create` throw
 */
export async function createProject(
  open: OpenProject,
  tasks: Tasks,
  { folder, name, directory, mergeCase }: CreateProject,
): Promise<{ project: Project; reading: StartedTask<void> }> {
  const scan = await scanFolder(folder)
  if (scan.photos.length === 0) throw noPhotos(scan)
  const conflict = scan.caseConflicts[0]
  if (conflict && mergeCase === undefined) {
    throw new FleuronError(
      'conflict',
      `The folders ${conflict.join(' and ')} differ in their spelling only; say whether they are one class or two.`,
    )
  }
  const project = await open.create({
    directory,
    name: name ?? (basename(scan.folder) || 'Photos'),
    folder: scan.folder,
  })
  project.setMeta('layout', JSON.stringify(scan.layout))
  const names = mergeCase
    ? [...Map.groupBy(scan.classes, foldName).values()].flatMap(([first]) => first ?? [])
    : scan.classes
  project.classes.import(names)
  return { project, reading: start(open, tasks, project, scan) }
}

/** Looks at the folder again: new, changed, moved and deleted photos. */
export function startRescan(open: OpenProject, tasks: Tasks): StartedTask<void> {
  const project = open.current()
  if (!project.checkFolder()) throw folderGone(project)
  return start(open, tasks, project, null)
}

/** Goes on with reading that the last process did not finish; null when there is nothing to do, or nothing to read from. */
export function resumeReading(open: OpenProject, tasks: Tasks): StartedTask<void> | null {
  const project = open.current()
  const finished = project.meta('listed') !== null && project.photos.unread().length === 0
  return finished || !project.checkFolder() ? null : start(open, tasks, project, null)
}

/** One task: the folder's list (`scan`, or a fresh one), then the contents of the files. */
function start(open: OpenProject, tasks: Tasks, project: Project, scan: FolderScan | null): StartedTask<void> {
  return tasks.run('import', 'Reading photos', 'photos', async (task) => {
    const signal = withClosing(project, task.signal)
    const listing = listingSettled(project).then(() => list(project, scan, signal))
    listings.set(project, listing)
    await listing
    await readPhotos(project, { signal, onProgress: (done, total) => task.progress(done, total) })
    if (open.get() === project) await open.remember()
  })
}

async function list(project: Project, known: FolderScan | null, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const scan = known ?? (await scanFolder(project.folder, { layout: storedLayout(project), signal }))
  signal.throwIfAborted()
  await applyScan(project, scan, signal)
  project.setMeta('listed', new Date().toISOString())
}

/** How the folder was understood when it was opened. */
export function storedLayout(project: Project): FolderLayout | undefined {
  const text = project.meta('layout')
  return text === null ? undefined : (JSON.parse(text) as FolderLayout)
}

function noPhotos(scan: FolderScan): FleuronError {
  const why = scan.passedOver.length > 0 ? ` ${scan.passedOver.join(' ')}` : ''
  return new FleuronError(
    'not-found',
    `There are no photos in ${scan.folder}; choose a folder with JPEG, PNG, WebP, TIFF, GIF or AVIF files, or with one folder of them for each class.${why}`,
  )
}
