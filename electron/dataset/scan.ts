import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { FleuronError } from '../../shared/errors.ts'
import type { FolderReport } from '../../shared/project.ts'
import type { Library } from '../project/library.ts'
import { interpret, type FolderLayout, type ScannedPhoto } from './folder-layout.ts'
import { isForeignPicture, isJunk, isPhotoName } from './photo-files.ts'

export interface FolderScan {
  folder: string
  photos: ScannedPhoto[]
  /** Names of the classes, in natural order. */
  classes: string[]
  /** How the folder was understood; the same understanding is used when it is looked at again. */
  layout: FolderLayout
  caseConflicts: string[][]
  /** Sentences about what was passed over or understood in a way worth knowing. */
  warnings: string[]
  /** Those of them that are about what was passed over. */
  passedOver: string[]
}

/**
 * Lists a folder of photographs, names only: nothing is opened, nothing is written.
 *
 * @param layout how it was understood before; left out, its folders say it
 * @throws FleuronError 'not-found', 'not-permitted' for the folder itself; what lies deeper becomes a warning
 */
export async function scanFolder(
  path: string,
  options: { layout?: FolderLayout | undefined; signal?: AbortSignal | undefined } = {},
): Promise<FolderScan> {
  const folder = resolve(path)
  const walk = new Walk(folder, options.signal)
  await walk.run()
  const { photos, classes, layout, caseConflicts, warnings } = interpret(walk.files, options.layout)
  const passedOver = walk.warnings()
  return { folder, photos, classes, layout, caseConflicts, warnings: [...warnings, ...passedOver], passedOver }
}

/** What opening this folder would give. @throws as `scanFolder` */
export async function inspectFolder(path: string, library: Library): Promise<FolderReport> {
  const { folder, photos, classes, caseConflicts, warnings } = await scanFolder(path)
  const counts = new Map(classes.map((name) => [name, 0]))
  for (const { className } of photos) if (className !== null) counts.set(className, (counts.get(className) ?? 0) + 1)
  const loosePhotos = photos.filter(({ className }) => className === null).length
  return {
    folder,
    name: basename(folder) || folder,
    layout:
      photos.length === 0 ? 'empty' : classes.length === 0 ? 'unlabelled' : loosePhotos === 0 ? 'classes' : 'mixed',
    classes: [...counts].map(([name, count]) => ({ name, count })),
    loosePhotos,
    photos: photos.length,
    caseConflicts,
    warnings,
    existing: library.madeFrom(folder),
  }
}

/** One pass over a folder. Links are read after everything else, so that a photo is known by its own path. */
class Walk {
  /** Relative to the folder, forward slashes. */
  readonly files: string[] = []
  readonly #folder: string
  readonly #signal: AbortSignal | undefined
  readonly #visited = new Set<string>()
  readonly #links: string[] = []
  readonly #unreadable: string[] = []
  readonly #loops: string[] = []
  readonly #broken: string[] = []
  readonly #unnamed: string[] = []
  readonly #foreign = new Map<string, number>()

  constructor(folder: string, signal: AbortSignal | undefined) {
    this.#folder = folder
    this.#signal = signal
  }

  async run(): Promise<void> {
    let top: Dirent[]
    try {
      top = await readdir(this.#folder, { withFileTypes: true })
    } catch (error) {
      throw folderError(this.#folder, error)
    }
    this.#visited.add(await realpath(this.#folder))
    await this.#folders('', top)
    for (const link of this.#links) await this.#follow(link)
  }

  warnings(): string[] {
    const warnings: string[] = []
    const tell = (names: readonly string[], sentence: (names: string) => string): void => {
      if (names.length > 0) warnings.push(sentence(inWords(names)))
    }
    tell(
      this.#unreadable,
      (names) => `Your account may not read ${names}; change the permissions, then look at the folder again.`,
    )
    tell(this.#loops, (names) => `Links to folders that were read already were passed over: ${names}.`)
    tell(this.#broken, (names) => `Links that lead nowhere were passed over: ${names}.`)
    tell(this.#unnamed, (names) => `Names that are not valid Unicode cannot be opened; rename ${names}.`)
    for (const [extension, count] of this.#foreign) {
      warnings.push(
        `${count.toLocaleString('en')} ${extension.toUpperCase()} ${count === 1 ? 'file was' : 'files were'} passed over, which Fleuron cannot open; save them as JPEG or PNG to use them.`,
      )
    }
    return warnings
  }

  /** Reads what is below an entry list, folder after folder, without recursion: folders may be nested deeply. */
  async #folders(path: string, entries: Dirent[]): Promise<void> {
    const waiting: { path: string; entries: Dirent[] | null }[] = [{ path, entries }]
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      this.#signal?.throwIfAborted()
      const found = next.entries ?? (await this.#list(next.path))
      for (const entry of found) {
        if (isJunk(entry.name)) continue
        const inner = next.path === '' ? entry.name : `${next.path}/${entry.name}`
        if (entry.name.includes('\uFFFD') && !(await exists(join(this.#folder, inner)))) this.#unnamed.push(inner)
        else if (entry.isDirectory()) waiting.push({ path: inner, entries: null })
        else if (entry.isSymbolicLink()) this.#links.push(inner)
        else if (entry.isFile()) this.#file(inner)
      }
    }
  }

  async #list(path: string): Promise<Dirent[]> {
    const absolute = join(this.#folder, path)
    try {
      this.#visited.add(await realpath(absolute))
      return await readdir(absolute, { withFileTypes: true })
    } catch {
      this.#unreadable.push(path)
      return []
    }
  }

  async #follow(link: string): Promise<void> {
    const absolute = join(this.#folder, link)
    const target = await stat(absolute).catch(() => null)
    if (target?.isFile()) this.#file(link)
    else if (target?.isDirectory()) {
      if (this.#visited.has(await realpath(absolute))) this.#loops.push(link)
      else await this.#folders(link, await this.#list(link))
    } else if (!target && isPhotoName(link)) this.#broken.push(link)
  }

  #file(path: string): void {
    if (isPhotoName(path)) this.files.push(path)
    else if (isForeignPicture(path)) {
      const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase()
      this.#foreign.set(extension, (this.#foreign.get(extension) ?? 0) + 1)
    }
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** The first names, and how many more. */
function inWords(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ')
  return names.length > 3 ? `${shown} and ${(names.length - 3).toLocaleString('en')} more` : shown
}

function folderError(folder: string, error: unknown): FleuronError {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  const options = { details: error instanceof Error ? error.message : String(error), cause: error }
  if (code === 'EACCES' || code === 'EPERM') {
    return new FleuronError(
      'not-permitted',
      `Your account may not read ${folder}; change its permissions, or choose another folder.`,
      options,
    )
  }
  if (code === 'ENOTDIR') {
    return new FleuronError('not-found', `${folder} is a file and not a folder; choose the folder it lies in.`, options)
  }
  return new FleuronError(
    'not-found',
    `The folder ${folder} cannot be reached; connect its disk, or choose another folder.`,
    options,
  )
}
