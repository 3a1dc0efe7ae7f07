import { basename, join, resolve } from 'node:path'
import { FleuronError } from '../../shared/errors.ts'
import { scanFolder, type FolderScan } from '../dataset/scan.ts'

/** Photos to be classified: paths relative to the folder, forward slashes. */
export interface FieldFolder {
  readonly folder: string
  readonly scan: FolderScan
  readonly paths: readonly string[]
}

/**
 * The photos of a folder, by name; nothing is opened, nothing is written.
 *
 * @throws FleuronError what `scanFolder` throws, and 'not-found' when there are none
 */
export async function listFieldPhotos(path: string, signal?: AbortSignal): Promise<FieldFolder> {
  const scan = await scanFolder(path, { signal })
  if (scan.photos.length > 0) {
    return { folder: scan.folder, scan, paths: scan.photos.map((photo) => photo.path) }
  }
  const why = scan.passedOver.length > 0 ? ` ${scan.passedOver.join(' ')}` : ''
  throw new FleuronError('not-found', `There are no photos in ${resolve(path)}; choose a folder that has some.${why}`)
}

export const absolutePaths = ({ folder, paths }: Pick<FieldFolder, 'folder' | 'paths'>): string[] =>
  paths.map((path) => join(folder, path))

export const titleOf = (folder: string): string => basename(folder) || folder
